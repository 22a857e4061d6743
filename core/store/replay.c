/* Events that are routed again, from what the ledger keeps of them. */
#include "store/operations.h"

#include <string.h>

#include "store/changes.h"
#include "store/database.h"

struct replaying {
    struct changing base;
    struct store_replays in;
};

static void replay_event(struct replaying *replaying, struct database *db, store_id event)
{
    struct store_change change = {.event = event};

    statement_run(db, SQL_REPLAY_EVENT, WITH(number(event), number(replaying->in.how)));
    if (statement_changes(db) > 0)
        db->marks.unrouted++;
    else
        change.refused = "waits to be routed already";
    if (!change.refused || replaying->in.count)
        changes_add(&replaying->base, &change);
}

static bool is_meant(const struct store_replays *in, sqlite3_stmt *row)
{
    int64_t at_ms = sqlite3_column_int64(row, 1);
    const char *hook = (const char *)sqlite3_column_text(row, 2);
    const char *type = (const char *)sqlite3_column_text(row, 3);

    return at_ms >= in->since_ms && (!in->until_ms || at_ms <= in->until_ms) &&
           (!in->hook || strcmp(hook, in->hook) == 0) &&
           (!in->except_hook || strcmp(hook, in->except_hook) != 0) &&
           (!in->type || strcmp(type, in->type) == 0);
}

static void walk_on(struct replaying *replaying, struct database *db)
{
    const struct store_replays *in = &replaying->in;
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_WALK_EVENTS, WITH(number(in->after), number(STORE_STEP)));
    store_id last = in->after;
    int seen = 0;

    while (statement_next(db, row)) {
        last = sqlite3_column_int64(row, 0);
        seen++;
        if (is_meant(in, row))
            replay_event(replaying, db, last);
    }
    changes_end(&replaying->base, last, seen == STORE_STEP);
}

static void replay_by_id(struct replaying *replaying, struct database *db, store_id event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_FIND_EVENT, WITH(number(event)));
    const struct store_change missing = {.refused = "is not in the ledger"};

    if (statement_next(db, row))
        replay_event(replaying, db, event);
    else
        changes_add(&replaying->base, &missing);
}

static void replay_all(struct changing *changing, struct database *db)
{
    struct replaying *replaying = (struct replaying *)changing;
    const struct store_replays *in = &replaying->in;

    if (in->count == 0) {
        walk_on(replaying, db);
        return;
    }
    for (size_t i = 0; i < in->count; i++)
        replay_by_id(replaying, db, in->events[i]);
    changes_end(changing, 0, false);
}

static void run(struct request *request, struct database *db)
{
    struct replaying *replaying = (struct replaying *)request;

    changes_make(&replaying->base, db, replaying->in.dry_run, replay_all);
}

static const struct operation operation = {
    .run = run, .answer = changes_answer, .crash = CRASH_REPLAY_BEFORE_COMMIT};

struct request *replay_request(
    const struct store_replays *replays, store_changes_done done, void *arg)
{
    struct replaying *replaying = request_create(sizeof *replaying, &operation, arg);
    struct pool *pool = &replaying->base.base.pool;

    replaying->in = *replays;
    replaying->in.events =
        pool_copy(pool, replays->events, replays->count * sizeof *replays->events);
    replaying->in.hook = pool_text(pool, replays->hook);
    replaying->in.except_hook = pool_text(pool, replays->except_hook);
    replaying->in.type = pool_text(pool, replays->type);
    replaying->base.done = done;
    return &replaying->base.base;
}
