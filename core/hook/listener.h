/* The hook listener: libevent's evhttp takes posts at secret paths and answers 202 when the event
 * is on the disk. Belongs to the loop's thread. No evhttp type leaves this room (and admin/). */
#ifndef TOCSIN_HOOK_LISTENER_H
#define TOCSIN_HOOK_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct error;
struct event_base;
struct flow;
struct hook_listener;
struct logger;
struct metrics;

/* Listens at config->listen for config->hooks. All borrowed. NULL with the address and the reason.
 */
struct hook_listener *hook_listener_create(struct event_base *base, const struct config *config,
    struct flow *flow, struct metrics *metrics, const struct logger *logger, struct error *error);

/* "127.0.0.1:8080", with the port that was chosen where it was left to the system. */
const char *hook_listener_address(const struct hook_listener *listener);

/* Goes on with another configuration's hooks, at the address that it has. A post that waits for a
 * hook that is gone is refused. */
void hook_listener_reload(struct hook_listener *listener, const struct config *config);

/* Takes no new connections and no new posts (503); what waits for the disk is still answered. */
void hook_listener_stop(struct hook_listener *listener);

/* Every accepted event's done must have been called before. */
void hook_listener_destroy(struct hook_listener *listener);

#endif
