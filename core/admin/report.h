/* What the admin API says, as JSON texts that the caller frees. */
#ifndef TOCSIN_ADMIN_REPORT_H
#define TOCSIN_ADMIN_REPORT_H

#include <stdbool.h>

struct admin_parts;
struct journal;

/* {"ready": true} or {"ready": false, "why": ["..."]}. Not ready: the ledger cannot be written, or
 * is full. A refused API key is told under "degraded", since messages go out all the same. */
char *report_ready(const struct admin_parts *parts, bool *is_ready);

/* {"ledger", "events", "unrouted", "waiting", "delivered", "dead", "skipped", "sinks": [{"name",
 * "plugin", "state": "open"|"shut", "why", "in_flight"}]}. */
char *report_status(const struct admin_parts *parts);

/* The ledger's story of an event (store/sqlite.h) with ids as people see them: "id", and "id" in
 * each of its deliveries. */
char *report_event(const char *story, struct journal *journal);

#endif
