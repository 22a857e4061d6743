/* The inbox: a sink for people who look into tocsin itself. It is a plugin in all but its file:
 * linked into the daemon, since what it renders goes into the ledger, which no plugin can reach. */
#ifndef TOCSIN_PLUGINS_INBOX_H
#define TOCSIN_PLUGINS_INBOX_H

struct tocsin_sink_plugin;

/* Its render makes no request: the body is the notification that is kept, JSON. */
extern const struct tocsin_sink_plugin inbox_plugin;

#endif
