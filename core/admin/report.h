/* What the daemon knows of itself, as JSON texts that the caller frees. */
#ifndef TOCSIN_ADMIN_REPORT_H
#define TOCSIN_ADMIN_REPORT_H

#include <jansson.h>
#include <stdbool.h>

struct admin_parts;
struct sink;

/* {"ready": true} or {"ready": false, "why": ["..."]}. Not ready: the ledger cannot be written, or
 * is full. A refused API key is told under "degraded", since messages go out all the same. */
char *report_ready(const struct admin_parts *parts, bool *is_ready);

/* {"ready", ..., "ledger", "events", "unrouted", "waiting", "delivered", "dead", "skipped",
 * "misworded": messages since the start that went out in the default words because a template of
 * the rules failed, "sinks": as below, "configuration": {"file",
 * "loaded", "refused": when a later one was, or null, "why"}, "patterns_given_up"}. */
char *report_status(const struct admin_parts *parts);

/* A list of {"name", "plugin", "state": "open"|"shut"|"paused"|"probing", "why", "until",
 * "in_flight", "queue"}; probing: shut no longer for a time, and the next delivery opens it. Last
 * come sinks that left the configuration and have deliveries: "state": "absent". */
json_t *report_sinks(const struct admin_parts *parts);

/* One of them. */
json_t *report_sink(const struct admin_parts *parts, const struct sink *sink);

#endif
