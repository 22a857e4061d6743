/* The admin listener: health, and an API over what the daemon knows and what operators change.
 * Belongs to the loop's thread; what reads the ledger does so on a thread of its own. */
#ifndef TOCSIN_ADMIN_LISTENER_H
#define TOCSIN_ADMIN_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct admin_listener;
struct config;
struct enricher;
struct error;
struct event_base;
struct flow;
struct journal;
struct logger;
struct sink;

/* What it tells about, all borrowed. */
struct admin_parts {
    struct event_base *base;
    const struct config *config;
    struct journal *journal;
    struct flow *flow;
    const struct enricher *enricher;
    struct sink *const *sinks;
    size_t sink_count;
    const struct logger *logger;
};

/* Listens at config->admin. NULL with the address and the reason. */
struct admin_listener *admin_listener_create(const struct admin_parts *parts, struct error *error);

const char *admin_listener_address(const struct admin_listener *admin);

/* False: a reader did not come back, and may go on using what the listener was given. */
bool admin_listener_destroy(struct admin_listener *admin);

#endif
