#include "store/delivery.h"

#include "store/database.h"

static bool has_earlier(struct database *db, const char *sink, const char *thread)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_HAS_EARLIER, WITH(text(sink), text(thread)));

    return statement_next(db, row);
}

struct store_routed delivery_join(struct database *db, const struct new_delivery *delivery)
{
    struct store_routed routed = {.delivery = ++db->marks.delivery, .state = STORE_READY};

    if (has_earlier(db, delivery->sink, delivery->thread)) {
        routed.state = STORE_BEHIND;
    } else if (delivery->wants_claim && delivery->due_ms <= delivery->now_ms) {
        routed.state = STORE_CLAIMED;
        routed.claim = ++db->marks.claim;
    }
    statement_run(db, SQL_INSERT_DELIVERY,
        WITH(number(routed.delivery), number(delivery->event), number(routed.state),
            number(routed.claim), number(delivery->level), number(delivery->due_ms),
            number(delivery->now_ms), number(routed.state == STORE_CLAIMED),
            number(delivery->in_doubt), number(delivery->moved), text(delivery->sink),
            text(delivery->thread), text(delivery->rule), text(delivery->resume)));
    db->marks.waiting++;
    queues_add(&db->queues, delivery->sink, 1);
    return routed;
}

/* The first receipt of a thread is kept until the event that it belongs to is pruned. */
static bool keep_first_receipt(struct database *db, const struct ended_delivery *ended)
{
    if (ended->result != STORE_DELIVERED || !ended->receipt || !*ended->thread)
        return false;
    statement_run(
        db, SQL_KEEP_RECEIPT, WITH(text(ended->sink), text(ended->thread), text(ended->receipt)));
    return statement_changes(db) > 0;
}

static bool promote_next(struct database *db, const struct ended_delivery *ended)
{
    if (!*ended->thread)
        return false;
    statement_run(db, SQL_PROMOTE_NEXT, WITH(text(ended->sink), text(ended->thread)));
    return statement_changes(db) > 0;
}

bool delivery_end(struct database *db, const struct ended_delivery *ended)
{
    bool leads = keep_first_receipt(db, ended);

    statement_run(db, SQL_INSERT_OUTCOME,
        WITH(number(ended->delivery), number(ended->result), number(ended->finished_ms),
            number(ended->took_ms), number(ended->status), text(ended->reason),
            text(ended->receipt), text(leads ? ended->thread : NULL)));
    if (ended->result == STORE_DEAD)
        statement_run(db, SQL_INSERT_DEAD,
            WITH(number(ended->delivery), text(ended->resume), number(ended->maybe_sent)));
    statement_run(db, SQL_REMOVE_DELIVERY, WITH(number(ended->delivery)));
    db->marks.waiting--;
    db->marks.delivered += ended->result == STORE_DELIVERED;
    db->marks.dead += ended->result == STORE_DEAD;
    db->marks.skipped += ended->result == STORE_SKIPPED;
    queues_add(&db->queues, ended->sink, -1);
    return promote_next(db, ended);
}

void delivery_record(struct database *db, store_id event, int64_t at_ms, store_id first,
    int64_t count, const char *kind, const char *trace)
{
    bool is_first = false;

    if (!kind) {
        statement_run(db, SQL_INSERT_DECISION,
            WITH(number(event), number(at_ms), number(first), number(count), text(trace)));
        is_first = statement_changes(db) > 0;
    }
    if (!is_first)
        statement_run(db, SQL_INSERT_LATER,
            WITH(number(event), number(at_ms), number(first), number(count),
                text(kind ? kind : "replay"), text(trace)));
}

static bool has_one(
    struct database *db, enum statement which, store_id first, store_id end, const char *sink)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, which, WITH(number(first), number(end), text(sink)));

    return statement_next(db, row);
}

static bool is_among(struct database *db, sqlite3_stmt *ranges, const char *sink)
{
    while (statement_next(db, ranges)) {
        store_id first = sqlite3_column_int64(ranges, 0);
        store_id end = first + sqlite3_column_int64(ranges, 1);
        if (has_one(db, SQL_HAS_DELIVERY_AT, first, end, sink) ||
            has_one(db, SQL_HAS_OUTCOME_AT, first, end, sink))
            return true;
    }
    return false;
}

bool delivery_was_made(struct database *db, store_id event, const char *sink)
{
    auto_reset sqlite3_stmt *decision = statement_query(db, SQL_FIND_DECISION, WITH(number(event)));
    auto_reset sqlite3_stmt *later = statement_query(db, SQL_LIST_LATER, WITH(number(event)));

    return is_among(db, decision, sink) || is_among(db, later, sink);
}
