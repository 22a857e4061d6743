/* What became of an attempt: the delivery is finished, which lets the next of its line go, or it is
 * put off. */
#include "store/operations.h"

#include "store/database.h"
#include "store/delivery.h"
#include "store/hold.h"
#include "store/request.h"

struct settling {
    struct request base;
    struct store_settle in;
    enum store_settled settled;
    store_settle_done done;
};

/* Attempts have a row only when they failed. */
static void note_attempt(
    const struct store_settle *in, const struct held *held, struct database *db)
{
    statement_run(db, SQL_INSERT_ATTEMPT,
        WITH(number(in->delivery), number(held->attempts), number(in->at_ms), number(in->took_ms),
            number(in->status), number(in->maybe_sent), text(in->reason), text(in->reply)));
}

static void postpone(const struct store_settle *in, struct database *db)
{
    statement_run(db, SQL_POSTPONE_DELIVERY,
        WITH(number(in->delivery), number(in->due_ms), number(in->maybe_sent), text(in->resume)));
}

/* In the commit that ends its delivery: there once, whatever happens. */
static void keep_notification(const struct store_settle *in, struct database *db)
{
    statement_run(db, SQL_INSERT_NOTIFICATION,
        WITH(number(in->delivery), number(in->at_ms), text(in->notification)));
}

static bool finish(const struct store_settle *in, const struct held *held, struct database *db)
{
    const struct ended_delivery ended = {
        .delivery = in->delivery,
        .sink = held->sink,
        .thread = held->thread,
        .result = in->result,
        .finished_ms = in->at_ms + in->took_ms,
        .took_ms = in->took_ms,
        .status = in->status,
        .maybe_sent = in->maybe_sent,
        .reason = in->reason,
        .resume = in->resume,
        .receipt = in->receipt,
    };

    return delivery_end(db, &ended);
}

static void run(struct request *request, struct database *db)
{
    struct settling *settling = (struct settling *)request;
    const struct store_settle *in = &settling->in;
    struct store_hold hold = {in->delivery, in->claim};
    struct held held;

    settling->settled = STORE_SETTLED;
    if (!hold_check(db, &hold, &request->pool, &held, &request->error)) {
        settling->settled = db->fault ? STORE_FAILED : STORE_STALE;
        return;
    }
    if (db->marks.suspect == in->delivery)
        db->marks.suspect = 0;
    if (in->result == STORE_RETRY || in->result == STORE_DEAD)
        note_attempt(in, &held, db);
    if (in->result == STORE_DELIVERED && in->notification)
        keep_notification(in, db);
    if (in->result == STORE_RETRY)
        postpone(in, db);
    else
        settling->settled = finish(in, &held, db) ? STORE_SETTLED_PROMOTING : STORE_SETTLED;
}

static void answer(const struct request *request)
{
    const struct settling *settling = (const struct settling *)request;

    /* What succeeded may still have failed with its group. */
    bool has_failed = request->error.text && settling->settled != STORE_STALE;

    settling->done(&request->error, has_failed ? STORE_FAILED : settling->settled, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_SETTLE_BEFORE_COMMIT};

struct request *settle_request(const struct store_settle *settle, store_settle_done done, void *arg)
{
    struct settling *settling = request_create(sizeof *settling, &operation, arg);
    struct pool *pool = &settling->base.pool;

    settling->in = *settle;
    settling->in.reason = pool_text(pool, settle->reason);
    settling->in.reply = pool_text(pool, settle->reply);
    settling->in.resume = pool_text(pool, settle->resume);
    settling->in.receipt = pool_text(pool, settle->receipt);
    settling->in.notification = pool_text(pool, settle->notification);
    settling->done = done;
    return &settling->base;
}
