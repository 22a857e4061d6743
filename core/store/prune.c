/* Small steps of forgetting. A pass walks the events in order of acceptance, behind a mark of its
 * own, and begins anew once it has come to events that are too young. */
#include "store/operations.h"

#include "store/database.h"
#include "store/dedupe.h"
#include "store/request.h"

enum {
    step_rows = 500, /* removed, or looked at */
};

struct pruning {
    struct request base;
    int64_t now_ms, keep_ms, keep_dead_ms;
    int budget;
    bool more;
    store_prune_done done;
};

/* An event as pruning sees it. Texts live in the request's pool. */
struct old_event {
    store_id event, first, end; /* its deliveries: first..end-1 */
    int64_t accepted_ms, routed_ms, dedupe_until_ms;
    const char *dedupe, *hook;
    int64_t dead;
};

/* Keys whose window has passed, in order of acceptance. A long window holds up the keys of shorter
 * ones behind it, which harms nobody: an expired key is known as such by its event. */
static bool expire_next_key(struct pruning *pruning, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_DEDUPE_TO_EXPIRE, WITH(number(db->marks.expired)));

    if (!statement_next(db, row) || sqlite3_column_int64(row, 1) > pruning->now_ms)
        return false;
    store_id event = sqlite3_column_int64(row, 0);
    const char *key = (const char *)sqlite3_column_text(row, 2);
    if (key)
        dedupe_remove(db, (const char *)sqlite3_column_text(row, 3), key, event);
    db->marks.expired = event;
    return true;
}

static bool find_old_event(struct pruning *pruning, struct database *db, struct old_event *old)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_EVENT_TO_PRUNE, WITH(number(db->pruned)));
    struct pool *pool = &pruning->base.pool;

    if (!statement_next(db, row))
        return false;
    *old = (struct old_event){
        .event = sqlite3_column_int64(row, 0),
        .routed_ms = sqlite3_column_int64(row, 1),
        .first = sqlite3_column_int64(row, 2),
        .end = sqlite3_column_int64(row, 2) + sqlite3_column_int64(row, 3),
        .accepted_ms = sqlite3_column_int64(row, 4),
        .dedupe_until_ms = sqlite3_column_int64(row, 5),
        .dedupe = column_text(pool, row, 6),
        .hook = column_text(pool, row, 7),
    };
    return true;
}

/* All finished, and for long enough. */
static bool is_over(const struct pruning *pruning, struct database *db, struct old_event *old)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_SUM_OUTCOMES, WITH(number(old->first), number(old->end)));

    if (!statement_next(db, row) || sqlite3_column_int64(row, 0) < old->end - old->first)
        return false;
    int64_t finished_ms = sqlite3_column_int64(row, 1);
    if (finished_ms < old->routed_ms)
        finished_ms = old->routed_ms;
    old->dead = sqlite3_column_int64(row, 2);
    int64_t keep_ms = old->dead ? pruning->keep_dead_ms : pruning->keep_ms;
    return finished_ms < pruning->now_ms - keep_ms && old->dedupe_until_ms <= pruning->now_ms;
}

static void remove_event(struct pruning *pruning, struct database *db, const struct old_event *old)
{
    /* Those that find their rows through others come before them. */
    static const enum statement by_delivery[] = {
        SQL_PRUNE_RECEIPTS, SQL_PRUNE_ATTEMPTS, SQL_PRUNE_OUTCOMES};
    static const enum statement by_event[] = {SQL_PRUNE_OBJECTS, SQL_PRUNE_ATTACHMENTS,
        SQL_PRUNE_DECISION, SQL_PRUNE_DUPLICATE, SQL_PRUNE_EVENT};

    for (size_t i = 0; i < sizeof by_delivery / sizeof *by_delivery; i++) {
        statement_run(db, by_delivery[i], WITH(number(old->first), number(old->end)));
        pruning->budget -= statement_changes(db);
    }
    for (size_t i = 0; i < sizeof by_event / sizeof *by_event; i++) {
        statement_run(db, by_event[i], WITH(number(old->event)));
        pruning->budget -= statement_changes(db);
    }
    if (old->dedupe)
        dedupe_remove(db, old->hook, old->dedupe, old->event);
    db->marks.dead -= old->dead;
}

/* False at the end of a pass: what follows was accepted too late to be over. */
static bool prune_next_event(struct pruning *pruning, struct database *db)
{
    struct old_event old;

    if (!find_old_event(pruning, db, &old) ||
        old.accepted_ms >= pruning->now_ms - pruning->keep_ms) {
        db->pruned = 0;
        return false;
    }
    if (is_over(pruning, db, &old))
        remove_event(pruning, db, &old);
    db->pruned = old.event;
    return true;
}

static void run(struct request *request, struct database *db)
{
    struct pruning *pruning = (struct pruning *)request;
    bool keys = true, events = true;

    for (pruning->budget = step_rows; keys && pruning->budget > 0; pruning->budget--)
        keys = expire_next_key(pruning, db);
    for (pruning->budget = step_rows; events && pruning->budget > 0; pruning->budget--)
        events = prune_next_event(pruning, db);
    pruning->more = keys || events;
}

static void answer(const struct request *request)
{
    const struct pruning *pruning = (const struct pruning *)request;

    pruning->done(&request->error, !request->error.text && pruning->more, request->arg);
}

static const struct operation operation = {.run = run, .answer = answer};

struct request *prune_request(
    int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms, store_prune_done done, void *arg)
{
    struct pruning *pruning = request_create(sizeof *pruning, &operation, arg);

    pruning->now_ms = now_ms;
    pruning->keep_ms = keep_ms;
    pruning->keep_dead_ms = keep_dead_ms;
    pruning->done = done;
    return &pruning->base;
}
