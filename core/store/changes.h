/* What retry.c, finish.c, move.c and replay.c share: a request whose answer is a list of changes.
 */
#ifndef TOCSIN_STORE_CHANGES_H
#define TOCSIN_STORE_CHANGES_H

#include "store/journal.h"
#include "store/list.h"
#include "store/request.h"

struct record;
struct walk;

/* The struct of each of those operations begins with it. */
struct changing {
    struct request base;
    struct list items; /* of struct store_change */
    struct store_changes out;
    store_changes_done done;
};

void changes_add(struct changing *changing, const struct store_change *change);
void changes_end(struct changing *changing, store_id last, bool more);

/* Does what the operation does; for a dry run also undoes it, numbers included, so that the answer
 * is that of the real call in everything but the new deliveries. */
void changes_make(struct changing *changing, struct database *db, bool dry_run,
    void (*act)(struct changing *changing, struct database *db));

/* An operation's answer. */
void changes_answer(const struct request *request);

/* Sends a record's event to a sink anew, at the end of its line there, and finishes the record as
 * skipped with the words that say so; kind: "retry" or "move". */
struct store_change changes_send_anew(struct changing *changing, struct database *db,
    const struct record *record, const char *to, const char *kind, int64_t at_ms, int64_t now_ms);

/* Finishes a record that waits. */
struct store_change changes_end_waiting(struct database *db, const struct record *record,
    enum store_result result, const char *reason, int64_t at_ms);

/* A dead letter becomes a skipped one. */
void changes_skip_dead(
    struct database *db, const struct record *record, const char *reason, int64_t at_ms);

#endif
