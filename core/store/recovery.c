#include "store/recovery.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/database.h"
#include "store/delivery.h"
#include "store/journal.h"

static const char lost_words[] =
    "lost: the daemon ended three times while this was under way, so it is not tried again";
static const char lost_trace[] =
    "[{\"error\":\"lost: the daemon ended three times before this event was routed\"}]";

static store_id find_lost_delivery(struct database *db, store_id after)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_LOST_DELIVERY, WITH(number(STORE_MOST_LOSSES), number(after)));

    return statement_next(db, row) ? sqlite3_column_int64(row, 0) : 0;
}

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

/* Returns how many. */
static int bury_lost_deliveries(struct database *db)
{
    int count = 0;

    for (store_id id = find_lost_delivery(db, 0); id; id = find_lost_delivery(db, id)) {
        bury_delivery(db, id);
        count++;
    }
    return count;
}

static store_id find_lost_event(struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_LOST_EVENT, WITH(number(STORE_MOST_LOSSES)));

    return statement_next(db, row) ? sqlite3_column_int64(row, 0) : 0;
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
    delivery_record(db, event, clock_wall_ms(), made.delivery, 1, NULL, lost_trace);
    bury_delivery(db, made.delivery);
}

static int bury_lost_events(struct database *db)
{
    int count = 0;

    for (store_id id = find_lost_event(db); id; id = find_lost_event(db)) {
        bury_event(db, id);
        count++;
    }
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
}

static void report(
    const struct database *db, int deliveries, int events, int dead, const struct logger *logger)
{
    if (db->was_unclean || deliveries || events)
        log_warn(logger,
            "the last daemon ended %s: %d deliveries are in doubt, %d events are routed again",
            db->was_unclean ? "uncleanly" : "with work in flight", deliveries, events);
    if (dead)
        log_error(logger, "%d of them were lost a third time and are dead letters now", dead);
}

bool recovery_run(
    struct database *db, int64_t now_ms, const struct logger *logger, struct error *error)
{
    int dead = 0;

    if (!database_begin(db))
        return error_set(error, "%s", error_text(&db->why));
    follow_clock(db, now_ms, logger);
    statement_run(db, SQL_RECOVER_DELIVERIES, WITH(number(now_ms), number(db->was_unclean)));
    int deliveries = statement_changes(db);
    statement_run(db, SQL_RECOVER_EVENTS, WITH(number(db->was_unclean)));
    int events = statement_changes(db);
    if (db->was_unclean)
        dead = bury_lost_deliveries(db) + bury_lost_events(db);
    statement_run(db, SQL_MARK_UNCLEAN, WITH(number(1)));
    if (!database_commit(db))
        return error_set(error, "%s", error_text(&db->why));
    report(db, deliveries, events, dead, logger);
    return true;
}

bool recovery_close(struct database *db)
{
    if (!database_begin(db))
        return false;
    statement_run(db, SQL_MARK_UNCLEAN, WITH(number(0)));
    return database_commit(db);
}
