/* What the ledger keeps, as the API tells it: asked by a URI, answered in JSON. The daemon asks on
 * its reader's thread; the command line asks by itself when no daemon runs, and so says the same.
 */
#ifndef TOCSIN_ADMIN_RECORDS_H
#define TOCSIN_ADMIN_RECORDS_H

#include <stdint.h>

struct archive;

struct record_answer {
    int status; /* HTTP's */
    char *text; /* the caller's to free; JSON, {"error": "..."} where the status is not 200 */
};

/* Answers /metrics with what only the ledger knows, in the metrics' format, and /api/v1/events,
 * /api/v1/events/ID, /api/v1/deliveries, and of /api/v1/status what the ledger alone knows. now_ms:
 * wall clock, for "2h ago". Blocks. */
struct record_answer records_answer(struct archive *archive, const char *uri, int64_t now_ms);

#endif
