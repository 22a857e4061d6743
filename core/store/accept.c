/* A posted event becomes a row, unless its key says that it is here already. */
#include "store/operations.h"

#include "base/error.h"
#include "store/database.h"
#include "store/dedupe.h"
#include "store/request.h"

struct accepting {
    struct request base;
    struct store_accept in;
    struct store_accepted out;
    store_accept_done done;
};

/* Looked up inside the transaction: events of one group see each other. */
static bool is_duplicate(struct accepting *accepting, struct database *db)
{
    const struct store_accept *in = &accepting->in;
    store_id original = in->dedupe ? dedupe_find(db, in->hook, in->dedupe, in->now_ms) : 0;

    accepting->out = (struct store_accepted){.event = original, .duplicate = original != 0};
    return accepting->out.duplicate;
}

static void insert(struct accepting *accepting, struct database *db)
{
    const struct store_accept *in = &accepting->in;
    store_id event = ++db->marks.event;
    store_id claim = in->claim ? ++db->marks.claim : 0;

    statement_run(db, SQL_INSERT_EVENT,
        WITH(number(event), number(in->at_ms), text(in->hook), text(in->type), text(in->action),
            text(in->thread), text(in->dedupe), number(in->dedupe ? in->now_ms + in->dedupe_ms : 0),
            blob(in->body, in->body_len)));
    statement_run(db, SQL_INSERT_UNROUTED, WITH(number(event), number(claim)));
    if (in->dedupe)
        dedupe_keep(db, in->hook, in->dedupe, event);
    db->marks.unrouted++;
    accepting->out = (struct store_accepted){.event = event};
}

static void run(struct request *request, struct database *db)
{
    struct accepting *accepting = (struct accepting *)request;

    if (db->is_full)
        error_set(&request->error,
            "the ledger is full: what may not be removed yet takes all of its max_size");
    else if (is_duplicate(accepting, db))
        statement_run(db, SQL_COUNT_DUPLICATE, WITH(number(accepting->out.event)));
    else
        insert(accepting, db);
}

static void answer(const struct request *request)
{
    const struct accepting *accepting = (const struct accepting *)request;

    accepting->done(&request->error, request->error.text ? NULL : &accepting->out, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_ACCEPT_BEFORE_COMMIT};

struct request *accept_request(const struct store_accept *accept, store_accept_done done, void *arg)
{
    struct accepting *accepting = request_create(sizeof *accepting, &operation, arg);
    struct pool *pool = &accepting->base.pool;

    accepting->in = *accept;
    accepting->in.hook = pool_text_or_empty(pool, accept->hook);
    accepting->in.type = pool_text_or_empty(pool, accept->type);
    accepting->in.action = pool_text_or_empty(pool, accept->action);
    accepting->in.thread = pool_text_or_empty(pool, accept->thread);
    accepting->in.dedupe = pool_text(pool, accept->dedupe);
    accepting->in.body = pool_copy(pool, accept->body, accept->body_len);
    accepting->done = done;
    return &accepting->base;
}
