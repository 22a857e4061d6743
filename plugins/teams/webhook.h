/* The URL of a webhook, as far as it can be judged without asking anybody. */
#ifndef TOCSIN_PLUGINS_TEAMS_WEBHOOK_H
#define TOCSIN_PLUGINS_TEAMS_WEBHOOK_H

/* Why nothing can ever be posted there, for people, and with nothing of the URL in it; NULL when
 * that cannot be said. Hosts are not held to a list: Microsoft changed them in November 2025, and
 * what knew only the old ones broke. */
const char *webhook_fault(const char *url);

#endif
