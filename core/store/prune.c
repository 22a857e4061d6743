/* Small steps of forgetting. A pass walks the events in order of acceptance, behind a mark of its
 * own, and begins anew once it has come to events that are too young. */
#include "store/operations.h"

#include "store/database.h"
#include "store/dedupe.h"
#include "store/list.h"
#include "store/request.h"

enum {
    step_rows = 500, /* removed, or looked at */
};

struct pruning {
    struct request base;
    int64_t now_ms, asked_keep_ms, asked_keep_dead_ms;
    int64_t keep_ms, keep_dead_ms; /* this time */
    int budget;
    bool more;
    store_prune_done done;
};

/* Deliveries first..end-1. */
struct range {
    store_id first, end;
};

/* An event as pruning sees it. Texts live in the request's pool. */
struct old_event {
    store_id event;
    int64_t accepted_ms, routed_ms, dedupe_until_ms;
    const char *dedupe, *hook;
    struct list ranges; /* of its deliveries: those of the decision, and later ones */
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

static void add_range(struct pool *pool, struct old_event *old, sqlite3_stmt *row, int column)
{
    struct range *range = list_add(&old->ranges, pool, sizeof *range);

    range->first = sqlite3_column_int64(row, column);
    range->end = range->first + sqlite3_column_int64(row, column + 1);
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
        .accepted_ms = sqlite3_column_int64(row, 4),
        .dedupe_until_ms = sqlite3_column_int64(row, 5),
        .dedupe = column_text(pool, row, 6),
        .hook = column_text(pool, row, 7),
    };
    add_range(pool, old, row, 2);
    return true;
}

static void find_later(struct pruning *pruning, struct database *db, struct old_event *old)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LIST_LATER, WITH(number(old->event)));

    while (statement_next(db, row))
        add_range(&pruning->base.pool, old, row, 0);
}

static bool waits_for_replay(struct database *db, store_id event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_HAS_UNROUTED, WITH(number(event)));

    return statement_next(db, row);
}

/* False while one of them is unfinished; else *finished_ms is not earlier than the last of them. */
static bool sum_range(
    struct database *db, const struct range *range, struct old_event *old, int64_t *finished_ms)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_SUM_OUTCOMES, WITH(number(range->first), number(range->end)));

    if (!statement_next(db, row) || sqlite3_column_int64(row, 0) < range->end - range->first)
        return false;
    if (sqlite3_column_int64(row, 1) > *finished_ms)
        *finished_ms = sqlite3_column_int64(row, 1);
    old->dead += sqlite3_column_int64(row, 2);
    return true;
}

/* All finished, and for long enough. */
static bool is_over(const struct pruning *pruning, struct database *db, struct old_event *old)
{
    const struct range *ranges = old->ranges.items;
    int64_t finished_ms = old->routed_ms;

    if (waits_for_replay(db, old->event))
        return false;
    for (size_t i = 0; i < old->ranges.count; i++)
        if (!sum_range(db, &ranges[i], old, &finished_ms))
            return false;
    int64_t keep_ms = old->dead ? pruning->keep_dead_ms : pruning->keep_ms;
    return finished_ms < pruning->now_ms - keep_ms && old->dedupe_until_ms <= pruning->now_ms;
}

static void remove_by(
    struct pruning *pruning, struct database *db, enum statement which, struct value from)
{
    statement_run(db, which, WITH(from));
    pruning->budget -= statement_changes(db);
}

static void remove_range(struct pruning *pruning, struct database *db, const struct range *range)
{
    /* Those that find their rows through others come before them. */
    static const enum statement all[] = {SQL_PRUNE_RECEIPTS, SQL_PRUNE_ATTEMPTS, SQL_PRUNE_DEAD,
        SQL_PRUNE_READ, SQL_PRUNE_NOTIFICATIONS, SQL_PRUNE_OUTCOMES};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        statement_run(db, all[i], WITH(number(range->first), number(range->end)));
        pruning->budget -= statement_changes(db);
    }
}

static void remove_event(struct pruning *pruning, struct database *db, const struct old_event *old)
{
    static const enum statement all[] = {SQL_PRUNE_OBJECTS, SQL_PRUNE_ATTACHMENTS, SQL_PRUNE_LATER,
        SQL_PRUNE_DECISION, SQL_PRUNE_DUPLICATE, SQL_PRUNE_EVENT};
    const struct range *ranges = old->ranges.items;

    for (size_t i = 0; i < old->ranges.count; i++)
        remove_range(pruning, db, &ranges[i]);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        remove_by(pruning, db, all[i], number(old->event));
    if (old->dedupe)
        dedupe_remove(db, old->hook, old->dedupe, old->event);
    db->marks.dead -= old->dead;
    db->has_pruned = true;
}

/* Where the ledger is too large, first what is finished goes whatever its age, then dead letters
 * too; when that was not enough, nothing is left but what is unfinished. */
static void end_pass(struct database *db)
{
    if (db->is_oversize && !db->has_pruned) {
        db->is_full = db->prunes_dead;
        db->prunes_dead = true;
    }
    db->has_pruned = false;
    db->pruned = 0;
}

/* False at the end of a pass: what follows was accepted too late to be over. */
static bool prune_next_event(struct pruning *pruning, struct database *db)
{
    struct old_event old;

    if (!find_old_event(pruning, db, &old) ||
        old.accepted_ms >= pruning->now_ms - pruning->keep_ms) {
        end_pass(db);
        return false;
    }
    find_later(pruning, db, &old);
    if (is_over(pruning, db, &old))
        remove_event(pruning, db, &old);
    db->pruned = old.event;
    return true;
}

/* What was asked for, or less where room is needed. */
static void choose_ages(struct pruning *pruning, const struct database *db)
{
    pruning->keep_ms = db->is_oversize ? 0 : pruning->asked_keep_ms;
    pruning->keep_dead_ms = db->is_oversize && db->prunes_dead ? 0 : pruning->asked_keep_dead_ms;
}

static void run(struct request *request, struct database *db)
{
    struct pruning *pruning = (struct pruning *)request;
    bool keys = true, events = true;

    choose_ages(pruning, db);
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

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_PRUNE_BEFORE_COMMIT};

struct request *prune_request(
    int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms, store_prune_done done, void *arg)
{
    struct pruning *pruning = request_create(sizeof *pruning, &operation, arg);

    pruning->now_ms = now_ms;
    pruning->asked_keep_ms = keep_ms;
    pruning->asked_keep_dead_ms = keep_dead_ms;
    pruning->done = done;
    return &pruning->base;
}
