/* Every SQL text of the engine, prepared once a connection. A statement that fails leaves its fault
 * in the database (database.h), and while there is one every other does nothing: an operation runs
 * its statements in a row and is judged once, at its end. */
#ifndef TOCSIN_STORE_STATEMENT_H
#define TOCSIN_STORE_STATEMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/pool.h"

struct database;

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_SAVEPOINT,
    SQL_ROLLBACK_TO,
    SQL_RELEASE,
    SQL_TRY,
    SQL_UNDO_TRY,
    SQL_END_TRY,

    SQL_LOAD_MARKS,
    SQL_STORE_MARKS,
    SQL_MARK_UNCLEAN,

    SQL_FIND_DEDUPE,
    SQL_KEEP_DEDUPE,
    SQL_COUNT_DUPLICATE,
    SQL_INSERT_EVENT,
    SQL_INSERT_UNROUTED,
    SQL_FIND_UNCLAIMED_EVENTS,
    SQL_CLAIM_EVENT,

    SQL_FIND_UNROUTED,
    SQL_REMOVE_UNROUTED,
    SQL_HAS_OBJECT,
    SQL_INSERT_OBJECT,
    SQL_INSERT_ATTACHMENT,
    SQL_INSERT_DECISION,
    SQL_INSERT_DELIVERY,
    SQL_HAS_EARLIER,
    SQL_IS_LINE_CLAIMED,
    SQL_FIND_RECEIPT,
    SQL_FIND_DECISION,
    SQL_FIND_STATE,
    SQL_LIST_ATTACHED,
    SQL_INSERT_LATER,
    SQL_LIST_LATER,
    SQL_FIND_LAST_REPLAY,
    SQL_HAS_ATTACHMENT,
    SQL_HAS_DELIVERY_AT,
    SQL_HAS_OUTCOME_AT,

    SQL_FIND_DUE,
    SQL_FIND_NEXT_DUE,
    SQL_CLAIM_DELIVERY,
    SQL_FIND_CLAIM,
    SQL_RELEASE_DELIVERY,

    SQL_INSERT_ATTEMPT,
    SQL_POSTPONE_DELIVERY,
    SQL_INSERT_OUTCOME,
    SQL_INSERT_DEAD,
    SQL_REMOVE_DELIVERY,
    SQL_KEEP_RECEIPT,
    SQL_PROMOTE_NEXT,

    SQL_LOAD_EVENT,
    SQL_LOAD_OBJECTS,

    SQL_FIND_DEDUPE_TO_EXPIRE,
    SQL_REMOVE_DEDUPE,
    SQL_FIND_EVENT_TO_PRUNE,
    SQL_SUM_OUTCOMES,
    SQL_PRUNE_RECEIPTS,
    SQL_PRUNE_ATTEMPTS,
    SQL_PRUNE_OUTCOMES,
    SQL_PRUNE_OBJECTS,
    SQL_PRUNE_ATTACHMENTS,
    SQL_PRUNE_DECISION,
    SQL_PRUNE_DUPLICATE,
    SQL_PRUNE_EVENT,
    SQL_HAS_UNROUTED,
    SQL_PRUNE_DEAD,
    SQL_PRUNE_LATER,
    SQL_COUNT_PAGES,
    SQL_COUNT_FREE_PAGES,

    SQL_WALK_WAITING,
    SQL_WALK_DEAD,
    SQL_WALK_BOTH,
    SQL_FIND_WAITING,
    SQL_FIND_DEAD,
    SQL_FIND_OUTCOME,
    SQL_REMOVE_DEAD,
    SQL_SKIP_OUTCOME,
    SQL_WALK_EVENTS,
    SQL_FIND_EVENT,
    SQL_REPLAY_EVENT,
    SQL_DECISION_TO_LATER,
    SQL_REMOVE_DECISION,

    SQL_PUT_NOTE,
    SQL_REMOVE_NOTE,
    SQL_LIST_NOTES,

    SQL_INSERT_NOTIFICATION,
    SQL_MARK_READ,
    SQL_MARK_READ_UNTIL,
    SQL_FORGET_READ,
    SQL_PRUNE_READ,
    SQL_PRUNE_NOTIFICATIONS,

    SQL_RECOVER_DELIVERIES,
    SQL_RECOVER_EVENTS,
    SQL_SHIFT_DELIVERIES,
    SQL_WALK_QUEUES,
    SQL_DISOWN_DELIVERIES,
    SQL_DISOWN_EVENTS,

    /* The archive's own, prepared when they are first used. */
    SQL_BEGIN_READING,
    SQL_READ_EVENTS,
    SQL_COUNT_EVENT,
    SQL_READ_WAITING,
    SQL_READ_DEAD,
    SQL_READ_BOTH,
    SQL_READ_LAST_ATTEMPT,
    SQL_SCAN_EVENTS,
    SQL_READ_EVENT,
    SQL_READ_DECISION,
    SQL_READ_LATER,
    SQL_READ_OUTCOME,
    SQL_READ_UNFINISHED,
    SQL_READ_ATTEMPTS,
    SQL_READ_TARGET,
    SQL_READ_NOTIFICATIONS,
    SQL_READ_UNREAD,
    SQL_READ_OLDEST,

    SQL_COUNT,
};

/* For the test of the query plans. */
const char *statement_text(enum statement which);

/* The writer's statements. */
bool statement_prepare_all(struct database *db);
void statement_finalize_all(struct database *db);

/* What is bound: numbers, texts and blobs, which must live until the statement is reset. */
struct value {
    enum {
        VALUE_NULL,
        VALUE_NUMBER,
        VALUE_TEXT,
        VALUE_BLOB,
    } kind;
    int64_t number;
    const void *bytes;
    size_t len;
};

static inline struct value number(int64_t value)
{
    return (struct value){.kind = VALUE_NUMBER, .number = value};
}

/* NULL is NULL. */
struct value text(const char *value);
struct value blob(const void *bytes, size_t len);

/* The values of a statement's parameters, in order. */
#define WITH(...)                                                                                  \
    (const struct value[]){__VA_ARGS__},                                                           \
        sizeof((struct value[]){__VA_ARGS__}) / sizeof(struct value)
#define WITH_NOTHING NULL, 0

/* Runs a statement to its end; false when there is a fault. */
bool statement_run(
    struct database *db, enum statement which, const struct value *values, size_t count);

/* How many rows the last statement changed. */
int statement_changes(const struct database *db);

/* For rows: `auto_reset sqlite3_stmt *row = statement_query(...); while (statement_next(db, row))`.
 * What a row points to ends with the next step, or the reset. */
sqlite3_stmt *statement_query(
    struct database *db, enum statement which, const struct value *values, size_t count);
bool statement_next(struct database *db, sqlite3_stmt *row);

static inline void cleanup_reset(sqlite3_stmt **row)
{
    sqlite3_reset(*row);
}
#define auto_reset __attribute__((cleanup(cleanup_reset)))

/* A column of the row, copied into the pool: NULL stays NULL. */
char *column_text(struct pool *pool, sqlite3_stmt *row, int column);
const void *column_blob(struct pool *pool, sqlite3_stmt *row, int column, size_t *len);

#endif
