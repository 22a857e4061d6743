#include "store/recovery.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "store/database.h"
#include "store/delivery.h"
#include "store/journal.h"
#include "store/list.h"

static const char lost_words[] =
    "lost: the daemon ended three times while this was under way, so it is not tried again";
static const char lost_trace[] =
    "[{\"error\":\"lost: the daemon ended three times before this event was routed\"}]";

static void bury_delivery(struct database *db, store_id delivery)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_FIND_WAITING, WITH(number(delivery)));
    struct pool pool = {0};

    if (!statement_next(db, row))
        return;
    const struct ended_delivery ended = {
        .delivery = delivery,
        .sink = column_text(&pool, row, 7),
        .thread = column_text(&pool, row, 8),
        .result = STORE_DEAD,
        .finished_ms = clock_wall_ms(),
        .maybe_sent = true,
        .reason = lost_words,
    };
    delivery_end(db, &ended);
    pool_finish(&pool);
}

static bool has_decision(struct database *db, store_id event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_FIND_DECISION, WITH(number(event)));

    return statement_next(db, row);
}

/* An event that was never routed has no delivery that could be a dead letter: it gets one to no
 * sink, by which people find it and route it again. */
static void bury_event(struct database *db, store_id event)
{
    const struct new_delivery none = {.event = event,
        .sink = "",
        .thread = "",
        .rule = "",
        .now_ms = clock_steady_ms(),
        .due_ms = clock_steady_ms()};

    statement_run(db, SQL_REMOVE_UNROUTED, WITH(number(event)));
    db->marks.unrouted--;
    struct store_routed made = delivery_join(db, &none);
    delivery_record(db, event, clock_wall_ms(), made.delivery, 1,
        has_decision(db, event) ? "lost" : NULL, lost_trace);
    bury_delivery(db, made.delivery);
}

/* Takes back the claims of one kind; returns how many there were. Those that were lost too often
 * are buried once all are known. */
static int take_back(struct database *db, enum statement which, const struct value *values,
    size_t value_count, void (*bury)(struct database *db, store_id id))
{
    struct pool pool = {0};
    struct list lost = {0};
    int count = 0;
    sqlite3_stmt *row = statement_query(db, which, values, value_count);

    for (; statement_next(db, row); count++)
        if (sqlite3_column_int(row, 1) >= STORE_MOST_LOSSES)
            *(store_id *)list_add(&lost, &pool, sizeof(store_id)) = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    for (size_t i = 0; i < lost.count; i++)
        bury(db, ((const store_id *)lost.items)[i]);
    db->buried += (int64_t)lost.count;
    pool_finish(&pool);
    return count;
}

/* The wall clock was set back while no daemon ran: what was due would wait that long. */
static void follow_clock(struct database *db, int64_t now_ms, const struct logger *logger)
{
    int64_t back_ms = db->marks.clock - now_ms;

    if (back_ms < 1000)
        return;
    log_warn(logger, "the clock went back by %lld s since the ledger was last written",
        (long long)(back_ms / 1000));
    statement_run(db, SQL_SHIFT_DELIVERIES, WITH(number(back_ms)));
    db->marks.clock = now_ms; /* else the next start would follow it once more */
}

static void report(
    const struct database *db, int deliveries, int events, const struct logger *logger)
{
    if (db->was_unclean || deliveries || events)
        log_warn(logger,
            "the last daemon ended %s: %d deliveries are in doubt, %d events are routed again",
            db->was_unclean ? "uncleanly" : "with work in flight", deliveries, events);
    if (db->buried)
        log_error(logger, "%lld of them were lost a third time and are dead letters now",
            (long long)db->buried);
}

bool recovery_run(
    struct database *db, int64_t now_ms, const struct logger *logger, struct error *error)
{
    db->buried = 0;
    if (!database_begin(db))
        return error_set(error, "%s", error_text(&db->why));
    follow_clock(db, now_ms, logger);
    int deliveries = take_back(
        db, SQL_RECOVER_DELIVERIES, WITH(number(now_ms), number(db->was_unclean)), bury_delivery);
    int events = take_back(db, SQL_RECOVER_EVENTS, WITH(number(db->was_unclean)), bury_event);
    statement_run(db, SQL_MARK_UNCLEAN, WITH(number(1)));
    crash_point(CRASH_RECOVERY_BEFORE_COMMIT);
    if (!database_commit(db))
        return error_set(error, "%s", error_text(&db->why));
    crash_point(CRASH_RECOVERY_AFTER_COMMIT);
    report(db, deliveries, events, logger);
    return true;
}

bool recovery_close(struct database *db)
{
    if (!database_begin(db))
        return false;
    statement_run(db, SQL_MARK_UNCLEAN, WITH(number(0)));
    crash_point(CRASH_CLOSE_BEFORE_COMMIT);
    if (!database_commit(db))
        return false;
    crash_point(CRASH_CLOSE_AFTER_COMMIT);
    database_empty_log(db);
    return true;
}
