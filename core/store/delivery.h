/* The rows of unfinished deliveries: how one joins its line, and how it leaves it. A line is what
 * one sink has of one thread, by number; its first may go. */
#ifndef TOCSIN_STORE_DELIVERY_H
#define TOCSIN_STORE_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/journal.h"

struct database;

struct new_delivery {
    store_id event;
    const char *sink, *thread, *rule;
    const char *resume; /* NULL where there is none */
    int level;
    int64_t due_ms, now_ms; /* steady clock */
    bool wants_claim, in_doubt, moved;
};

/* Puts it at its line's end, claimed if that is wanted and nothing stands before it. */
struct store_routed delivery_join(struct database *db, const struct new_delivery *delivery);

struct ended_delivery {
    store_id delivery;
    const char *sink, *thread;
    enum store_result result; /* not retry */
    int64_t finished_ms, took_ms;
    int status;
    bool maybe_sent;
    const char *reason, *resume, *receipt; /* NULL where there is none */
};

/* Records its outcome and takes it out of its line. True when the next of the line became a head.
 */
bool delivery_end(struct database *db, const struct ended_delivery *ended);

/* What came of an event: kind NULL is a decision of the rules, its first or a replay; else what was
 * done later: "retry", "move", "lost". */
void delivery_record(struct database *db, store_id event, int64_t at_ms, store_id first,
    int64_t count, const char *kind, const char *trace);

/* Whether this sink ever had a delivery of the event. */
bool delivery_was_made(struct database *db, store_id event, const char *sink);

#endif
