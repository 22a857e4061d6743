#include "store/statement.h"

#include <assert.h>
#include <string.h>

#include "store/database.h"

/* Where a partial index is meant, its condition stands in the query word for word: without it
 * SQLite cannot see that the index serves. `state` is enum store_state: 0 behind, 1 ready,
 * 2 claimed; `result` is enum store_result: 2 dead. */
#define WAITING_RECORD                                                                             \
    "id, state, event, created, in_doubt, level, moved, sink, thread, rule, resume, NULL"          \
    " FROM delivery"
#define DEAD_RECORD                                                                                \
    "d.delivery, 3, d.event, o.finished, d.in_doubt, o.level, d.moved, o.sink, d.thread, o.rule,"  \
    " d.resume, o.reason FROM dead AS d CROSS JOIN outcome AS o ON o.delivery = d.delivery"

#define WAITING_ENTRY                                                                              \
    "id, event, state, sink, thread, rule, level, attempts, losses, in_doubt, moved, created, "    \
    "due,"                                                                                         \
    " 0, NULL FROM delivery"
#define DEAD_ENTRY                                                                                 \
    "d.delivery, d.event, 3, o.sink, d.thread, o.rule, o.level, o.attempts, o.losses, d.in_doubt," \
    " d.moved, o.created, 0, o.finished, o.reason"                                                 \
    " FROM dead AS d CROSS JOIN outcome AS o ON o.delivery = d.delivery"

static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_SAVEPOINT] = "SAVEPOINT item",
    [SQL_ROLLBACK_TO] = "ROLLBACK TO item",
    [SQL_RELEASE] = "RELEASE item",
    [SQL_TRY] = "SAVEPOINT trial",
    [SQL_UNDO_TRY] = "ROLLBACK TO trial",
    [SQL_END_TRY] = "RELEASE trial",

    [SQL_LOAD_MARKS] = "SELECT name, unclean, event, delivery, object, claim, expired, unrouted,"
                       " waiting, dead, delivered, skipped, clock FROM ledger",
    [SQL_STORE_MARKS] = "UPDATE ledger SET event = ?1, delivery = ?2, object = ?3, claim = ?4,"
                        " expired = ?5, unrouted = ?6, waiting = ?7, dead = ?8, delivered = ?9,"
                        " skipped = ?10, clock = ?11",
    [SQL_MARK_UNCLEAN] = "UPDATE ledger SET unclean = ?1",

    [SQL_FIND_DEDUPE] = "SELECT d.event FROM dedupe AS d CROSS JOIN event AS e ON e.id = d.event"
                        " WHERE d.hash = ?1 AND e.dedupe = ?2 AND e.hook = ?3"
                        " AND e.dedupe_until > ?4",
    [SQL_KEEP_DEDUPE] = "INSERT INTO dedupe(hash, event) VALUES(?1, ?2)",
    [SQL_COUNT_DUPLICATE] = "INSERT INTO duplicate(event, count) VALUES(?1, 1)"
                            " ON CONFLICT(event) DO UPDATE SET count = count + 1",
    [SQL_INSERT_EVENT] = "INSERT INTO event(id, at, hook, type, action, thread, dedupe,"
                         " dedupe_until, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SQL_INSERT_UNROUTED] = "INSERT INTO unrouted(event, claim, losses) VALUES(?1, ?2, 0)",
    [SQL_FIND_UNCLAIMED_EVENTS] =
        "SELECT u.event, u.losses, u.replay, e.at, e.hook, e.type, e.action, e.thread, e.body"
        " FROM unrouted AS u INDEXED BY unrouted_unclaimed"
        " CROSS JOIN event AS e ON e.id = u.event"
        " WHERE u.claim = 0 AND u.event > 0 ORDER BY u.event LIMIT ?1",
    [SQL_CLAIM_EVENT] = "UPDATE unrouted SET claim = ?2 WHERE event = ?1",

    /* Two statements: RETURNING makes a table in memory each time, at the cost of four inserts. */
    [SQL_FIND_UNROUTED] = "SELECT replay FROM unrouted WHERE event = ?1",
    [SQL_REMOVE_UNROUTED] = "DELETE FROM unrouted WHERE event = ?1",
    [SQL_HAS_OBJECT] = "SELECT 1 FROM object WHERE id = ?1",
    [SQL_INSERT_OBJECT] = "INSERT INTO object(id, bytes) VALUES(?1, ?2)",
    [SQL_INSERT_ATTACHMENT] = "INSERT INTO attachment(event, position, name, status, object)"
                              " VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_INSERT_DECISION] = "INSERT INTO decision(event, at, first, count, trace)"
                            " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    [SQL_INSERT_LATER] = "INSERT INTO later(event, at, first, count, kind, trace)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_LIST_LATER] = "SELECT first, count FROM later WHERE event = ?1 ORDER BY id",
    [SQL_FIND_LAST_REPLAY] = "SELECT first, count FROM later WHERE event = ?1 AND kind = 'replay'"
                             " ORDER BY id DESC LIMIT 1",
    [SQL_HAS_ATTACHMENT] = "SELECT 1 FROM attachment WHERE event = ?1 LIMIT 1",
    [SQL_HAS_DELIVERY_AT] = "SELECT 1 FROM delivery"
                            " WHERE id >= ?1 AND id < ?2 AND +sink = ?3 LIMIT 1",
    [SQL_HAS_OUTCOME_AT] = "SELECT 1 FROM outcome"
                           " WHERE delivery >= ?1 AND delivery < ?2 AND sink = ?3 LIMIT 1",
    [SQL_INSERT_DELIVERY] = "INSERT INTO delivery(id, event, state, claim, level, due, created,"
                            " attempts, losses, in_doubt, moved, sink, thread, rule, resume)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11, ?12, ?13,"
                            " ?14)",
    [SQL_HAS_EARLIER] = "SELECT 1 FROM delivery"
                        " WHERE sink = ?1 AND thread = ?2 AND thread <> '' LIMIT 1",
    /* Only the first of a line is ever claimed. */
    [SQL_IS_LINE_CLAIMED] = "SELECT state = 2 FROM delivery"
                            " WHERE sink = ?1 AND thread = ?2 AND thread <> '' ORDER BY id LIMIT 1",
    [SQL_FIND_RECEIPT] = "SELECT receipt FROM receipt WHERE sink = ?1 AND thread = ?2",
    [SQL_FIND_DECISION] = "SELECT first, count FROM decision WHERE event = ?1",
    [SQL_FIND_STATE] = "SELECT state FROM delivery WHERE id = ?1",
    [SQL_LIST_ATTACHED] = "SELECT object FROM attachment WHERE event = ?1 ORDER BY position",

    [SQL_FIND_DUE] = "SELECT id, event, attempts, losses, in_doubt, created, thread, rule, resume,"
                     " moved FROM delivery WHERE state = 1 AND sink = ?1 AND level = ?2"
                     " AND due <= ?3 ORDER BY due, id",
    [SQL_FIND_NEXT_DUE] = "SELECT due FROM delivery"
                          " WHERE state = 1 AND sink = ?1 AND level = ?2 AND due > ?3"
                          " ORDER BY due LIMIT 1",
    [SQL_CLAIM_DELIVERY] = "UPDATE delivery SET state = 2, claim = ?2, attempts = attempts + 1"
                           " WHERE id = ?1",
    [SQL_FIND_CLAIM] = "SELECT claim, attempts, sink, thread FROM delivery WHERE id = ?1",
    [SQL_RELEASE_DELIVERY] = "UPDATE delivery SET state = 1, claim = 0, attempts = attempts - 1"
                             " WHERE id = ?1 AND claim = ?2",

    [SQL_INSERT_ATTEMPT] = "INSERT INTO attempt(delivery, number, at, took, status, maybe_sent,"
                           " reason, reply) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    /* An attempt that has an outcome shows that the message does not end the daemon. */
    [SQL_POSTPONE_DELIVERY] = "UPDATE delivery SET state = 1, claim = 0, losses = 0, due = ?2,"
                              " in_doubt = max(in_doubt, ?3), resume = coalesce(?4, resume)"
                              " WHERE id = ?1",
    /* OR FAIL: of one row nothing can stand half done. Without it SQLite keeps a copy of each page
     * that an INSERT ... SELECT touches, to undo the statement. */
    [SQL_INSERT_OUTCOME] =
        "INSERT OR FAIL INTO outcome(delivery, result, finished, created, took, status,"
        " attempts, losses, level, sink, rule, reason, receipt, leads)"
        " SELECT id, ?2, ?3, created, ?4, ?5, attempts, losses, level, sink,"
        " rule, ?6, ?7, ?8 FROM delivery WHERE id = ?1",
    [SQL_INSERT_DEAD] = "INSERT INTO dead(delivery, event, thread, resume, in_doubt, moved)"
                        " SELECT id, event, thread, coalesce(?2, resume), max(in_doubt, ?3),"
                        " moved"
                        " FROM delivery WHERE id = ?1",
    [SQL_REMOVE_DELIVERY] = "DELETE FROM delivery WHERE id = ?1",
    [SQL_KEEP_RECEIPT] = "INSERT INTO receipt(sink, thread, receipt) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT DO NOTHING",
    [SQL_PROMOTE_NEXT] = "UPDATE delivery SET state = 1 WHERE state = 0 AND id ="
                         " (SELECT id FROM delivery"
                         " WHERE sink = ?1 AND thread = ?2 AND thread <> '' ORDER BY id LIMIT 1)",

    [SQL_LOAD_EVENT] = "SELECT at, hook, type, action, thread, body FROM event WHERE id = ?1",
    [SQL_LOAD_OBJECTS] = "SELECT a.name, a.status, o.bytes, o.id FROM attachment AS a"
                         " LEFT JOIN object AS o ON o.id = a.object"
                         " WHERE a.event = ?1 ORDER BY a.position",

    [SQL_FIND_DEDUPE_TO_EXPIRE] = "SELECT id, dedupe_until, dedupe, hook FROM event"
                                  " WHERE id > ?1 ORDER BY id LIMIT 1",
    [SQL_REMOVE_DEDUPE] = "DELETE FROM dedupe WHERE hash = ?1 AND event = ?2",
    [SQL_FIND_EVENT_TO_PRUNE] =
        "SELECT d.event, d.at, d.first, d.count, e.at, e.dedupe_until, e.dedupe, e.hook"
        " FROM decision AS d CROSS JOIN event AS e ON e.id = d.event"
        " WHERE d.event > ?1 ORDER BY d.event LIMIT 1",
    [SQL_SUM_OUTCOMES] = "SELECT count(*), max(finished), sum(result = 2) FROM outcome"
                         " WHERE delivery >= ?1 AND delivery < ?2",
    [SQL_PRUNE_RECEIPTS] = "DELETE FROM receipt WHERE (sink, thread) IN (SELECT sink, leads"
                           " FROM outcome WHERE delivery >= ?1 AND delivery < ?2"
                           " AND leads IS NOT NULL)",
    [SQL_PRUNE_ATTEMPTS] = "DELETE FROM attempt WHERE delivery >= ?1 AND delivery < ?2",
    [SQL_PRUNE_OUTCOMES] = "DELETE FROM outcome WHERE delivery >= ?1 AND delivery < ?2",
    [SQL_PRUNE_OBJECTS] = "DELETE FROM object WHERE id IN (SELECT object FROM attachment"
                          " WHERE event = ?1 AND object IS NOT NULL)"
                          " AND NOT EXISTS (SELECT 1 FROM attachment AS other"
                          " WHERE other.object = object.id AND other.event <> ?1)",
    [SQL_PRUNE_ATTACHMENTS] = "DELETE FROM attachment WHERE event = ?1",
    [SQL_PRUNE_DECISION] = "DELETE FROM decision WHERE event = ?1",
    [SQL_PRUNE_DUPLICATE] = "DELETE FROM duplicate WHERE event = ?1",
    [SQL_PRUNE_EVENT] = "DELETE FROM event WHERE id = ?1",

    [SQL_WALK_WAITING] = "SELECT " WAITING_RECORD " WHERE id > ?1 ORDER BY id LIMIT ?2",
    [SQL_WALK_DEAD] = "SELECT " DEAD_RECORD " WHERE d.delivery > ?1 ORDER BY d.delivery LIMIT ?2",
    [SQL_WALK_BOTH] = "SELECT " WAITING_RECORD " WHERE id > ?1 UNION ALL"
                      " SELECT " DEAD_RECORD " WHERE d.delivery > ?1 ORDER BY 1 LIMIT ?2",
    [SQL_FIND_WAITING] = "SELECT " WAITING_RECORD " WHERE id = ?1",
    [SQL_FIND_DEAD] = "SELECT " DEAD_RECORD " WHERE d.delivery = ?1",
    [SQL_FIND_OUTCOME] = "SELECT result FROM outcome WHERE delivery = ?1",
    [SQL_REMOVE_DEAD] = "DELETE FROM dead WHERE delivery = ?1",
    [SQL_SKIP_OUTCOME] = "UPDATE outcome SET result = 3, finished = ?2, reason = ?3"
                         " WHERE delivery = ?1",
    [SQL_WALK_EVENTS] = "SELECT e.id, e.at, e.hook, e.type FROM event AS e"
                        " WHERE e.id > ?1 ORDER BY e.id LIMIT ?2",
    [SQL_FIND_EVENT] = "SELECT id, at, hook, type FROM event WHERE id = ?1",
    [SQL_DECISION_TO_LATER] = "INSERT INTO later(event, at, first, count, kind, trace)"
                              " SELECT event, at, first, count, 'lost', trace FROM decision"
                              " WHERE event = ?1 AND first = ?2",
    [SQL_REMOVE_DECISION] = "DELETE FROM decision WHERE event = ?1 AND first = ?2",
    [SQL_REPLAY_EVENT] = "INSERT INTO unrouted(event, claim, losses, replay)"
                         " VALUES(?1, 0, 0, ?2) ON CONFLICT DO NOTHING",
    [SQL_PUT_NOTE] = "INSERT INTO note(key, value) VALUES(?1, ?2)"
                     " ON CONFLICT(key) DO UPDATE SET value = ?2",
    [SQL_REMOVE_NOTE] = "DELETE FROM note WHERE key = ?1",
    [SQL_LIST_NOTES] = "SELECT key, value FROM note WHERE key >= ?1 ORDER BY key",
    [SQL_INSERT_NOTIFICATION] = "INSERT INTO notification(delivery, event, at, sink, document)"
                                " SELECT id, event, ?2, sink, ?3 FROM delivery WHERE id = ?1",
    [SQL_MARK_READ] = "INSERT OR IGNORE INTO read(notification, reader)"
                      " SELECT n.id, ?1 FROM notification AS n WHERE n.id = ?2"
                      " AND n.id > COALESCE((SELECT until FROM reader WHERE name = ?1), 0)",
    /* What comes later is not read yet, whatever number was said. */
    [SQL_MARK_READ_UNTIL] = "INSERT INTO reader(name, until)"
                            " VALUES(?1, min(?2, COALESCE((SELECT max(id) FROM notification), 0)))"
                            " ON CONFLICT(name) DO UPDATE SET until = max(until, excluded.until)",
    [SQL_FORGET_READ] = "DELETE FROM read WHERE notification <= ?2 AND reader = ?1",
    [SQL_PRUNE_READ] = "DELETE FROM read WHERE notification IN (SELECT id FROM notification"
                       " WHERE delivery >= ?1 AND delivery < ?2)",
    [SQL_PRUNE_NOTIFICATIONS] = "DELETE FROM notification WHERE delivery >= ?1 AND delivery < ?2",
    [SQL_HAS_UNROUTED] = "SELECT 1 FROM unrouted WHERE event = ?1",
    [SQL_PRUNE_DEAD] = "DELETE FROM dead WHERE delivery >= ?1 AND delivery < ?2",
    [SQL_PRUNE_LATER] = "DELETE FROM later WHERE event = ?1",
    [SQL_COUNT_PAGES] = "PRAGMA page_count",
    [SQL_COUNT_FREE_PAGES] = "PRAGMA freelist_count",

    /* These walk all that is unfinished: once at the start, and once after a failed write. */
    [SQL_RECOVER_DELIVERIES] = "UPDATE delivery SET state = 1, claim = 0, losses = losses + ?2,"
                               " in_doubt = 1, due = ?1 WHERE state = 2 RETURNING id, losses",
    [SQL_RECOVER_EVENTS] = "UPDATE unrouted SET claim = 0, losses = losses + ?1 WHERE claim <> 0"
                           " RETURNING event, losses",
    [SQL_SHIFT_DELIVERIES] = "UPDATE delivery SET due = due - ?1, created = created - ?1",
    [SQL_WALK_QUEUES] = "SELECT sink FROM delivery",
    [SQL_DISOWN_DELIVERIES] = "UPDATE delivery SET state = 1, claim = 0, attempts = attempts - 1"
                              " WHERE state = 2 AND claim > ?1",
    [SQL_DISOWN_EVENTS] = "UPDATE unrouted SET claim = 0 WHERE claim > ?1",

    [SQL_BEGIN_READING] = "BEGIN",
    [SQL_READ_EVENTS] = "SELECT id, at, hook, type, action, thread FROM event WHERE id < ?1"
                        " ORDER BY id DESC LIMIT ?2",
    [SQL_COUNT_EVENT] = "SELECT (SELECT count FROM duplicate WHERE event = ?1),"
                        " (SELECT count FROM decision WHERE event = ?1),"
                        " (SELECT sum(count) FROM later WHERE event = ?1)",
    [SQL_READ_WAITING] = "SELECT " WAITING_ENTRY " WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    [SQL_READ_DEAD] = "SELECT " DEAD_ENTRY " WHERE d.delivery < ?1"
                      " ORDER BY d.delivery DESC LIMIT ?2",
    [SQL_READ_BOTH] = "SELECT " WAITING_ENTRY " WHERE id < ?1 UNION ALL"
                      " SELECT " DEAD_ENTRY " WHERE d.delivery < ?1 ORDER BY 1 DESC LIMIT ?2",
    [SQL_READ_LAST_ATTEMPT] = "SELECT status, reason FROM attempt WHERE delivery = ?1"
                              " ORDER BY number DESC LIMIT 1",
    [SQL_SCAN_EVENTS] = "SELECT id, at FROM event WHERE id > ?1 ORDER BY id LIMIT ?2",
    [SQL_READ_EVENT] = "SELECT e.hook, e.type, e.action, e.thread, e.at, d.count, e.body"
                       " FROM event AS e LEFT JOIN duplicate AS d ON d.event = e.id"
                       " WHERE e.id = ?1",
    [SQL_READ_DECISION] = "SELECT first, count, trace FROM decision WHERE event = ?1",
    [SQL_READ_LATER] = "SELECT first, count, trace, at, kind FROM later WHERE event = ?1"
                       " ORDER BY id",
    /* Both begin with the same columns. */
    [SQL_READ_OUTCOME] = "SELECT delivery, sink, rule, level, attempts, created, result, finished,"
                         " took, reason, receipt FROM outcome WHERE delivery = ?1",
    [SQL_READ_UNFINISHED] = "SELECT id, sink, rule, level, attempts, created, state, due"
                            " FROM delivery WHERE id = ?1",
    [SQL_READ_ATTEMPTS] = "SELECT number, at, took, status, reason, reply, maybe_sent"
                          " FROM attempt WHERE delivery = ?1 ORDER BY number",
    [SQL_READ_TARGET] = "SELECT sink, rule FROM outcome WHERE delivery = ?1 UNION ALL"
                        " SELECT sink, rule FROM delivery WHERE id = ?1",
    [SQL_READ_NOTIFICATIONS] =
        "SELECT n.id, n.event, n.delivery, n.at, n.sink, n.id <= COALESCE(r.until, 0)"
        " OR EXISTS(SELECT 1 FROM read AS m WHERE m.notification = n.id AND m.reader = ?2),"
        " n.document FROM notification AS n LEFT JOIN reader AS r ON r.name = ?2"
        " WHERE n.id < ?1 ORDER BY n.id DESC LIMIT ?3",
    [SQL_READ_UNREAD] =
        "SELECT n.sink FROM notification AS n"
        " WHERE n.id > COALESCE((SELECT until FROM reader WHERE name = ?1), 0) AND NOT"
        " EXISTS(SELECT 1 FROM read AS m WHERE m.notification = n.id AND m.reader = ?1)"
        " ORDER BY n.id LIMIT ?2",
    [SQL_READ_OLDEST] = "SELECT sink, created FROM delivery WHERE id > 0 ORDER BY id LIMIT ?1",
};

const char *statement_text(enum statement which)
{
    assert(which < SQL_COUNT);
    return texts[which];
}

static bool prepare(struct database *db, enum statement which)
{
    int code = sqlite3_prepare_v3(
        db->handle, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[which], NULL);

    return code == SQLITE_OK || database_blame(db, code);
}

bool statement_prepare_all(struct database *db)
{
    for (enum statement i = 0; i < SQL_BEGIN_READING; i++)
        if (!prepare(db, i))
            return false;
    return true;
}

void statement_finalize_all(struct database *db)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
}

struct value text(const char *value)
{
    if (!value)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_TEXT, .bytes = value, .len = strlen(value)};
}

struct value blob(const void *bytes, size_t len)
{
    /* A NULL pointer would bind NULL where an empty blob is meant. */
    return (struct value){.kind = VALUE_BLOB, .bytes = bytes ? bytes : "", .len = len};
}

static int bind(sqlite3_stmt *row, int position, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        return sqlite3_bind_null(row, position);
    case VALUE_NUMBER:
        return sqlite3_bind_int64(row, position, value->number);
    case VALUE_TEXT:
        return sqlite3_bind_text64(
            row, position, value->bytes, value->len, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(row, position, value->bytes, value->len, SQLITE_STATIC);
    }
    assert(false && "a value of no kind");
    return SQLITE_MISUSE;
}

sqlite3_stmt *statement_query(
    struct database *db, enum statement which, const struct value *values, size_t count)
{
    if (db->fault || (!db->statements[which] && !prepare(db, which)))
        return NULL;
    sqlite3_stmt *row = db->statements[which];
    assert(row && !sqlite3_stmt_busy(row));
    assert(count == (size_t)sqlite3_bind_parameter_count(row));
    for (size_t i = 0; i < count; i++) {
        int code = bind(row, (int)i + 1, &values[i]);
        if (code != SQLITE_OK) {
            database_blame(db, code);
            return NULL;
        }
    }
    return row;
}

bool statement_next(struct database *db, sqlite3_stmt *row)
{
    if (!row || db->fault)
        return false;
    int code = sqlite3_step(row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        database_blame(db, code);
    return code == SQLITE_ROW;
}

bool statement_run(
    struct database *db, enum statement which, const struct value *values, size_t count)
{
    auto_reset sqlite3_stmt *row = statement_query(db, which, values, count);

    while (statement_next(db, row))
        ;
    return !db->fault;
}

int statement_changes(const struct database *db)
{
    return db->fault ? 0 : sqlite3_changes(db->handle);
}

char *column_text(struct pool *pool, sqlite3_stmt *row, int column)
{
    return pool_text(pool, (const char *)sqlite3_column_text(row, column));
}

const void *column_blob(struct pool *pool, sqlite3_stmt *row, int column, size_t *len)
{
    *len = 0;
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return NULL;
    const void *bytes = sqlite3_column_blob(row, column);
    *len = (size_t)sqlite3_column_bytes(row, column);
    return pool_copy(pool, bytes, *len);
}
