/* A fallback takes over what has waited too long elsewhere. Numbers grow with the time at which
 * deliveries were made, so a walk ends at the first that is too young. */
#include "store/operations.h"

#include "store/changes.h"
#include "store/database.h"
#include "store/delivery.h"
#include "store/record.h"

struct moving {
    struct changing base;
    struct store_move in;
};

/* What became of a record that waits at the sink it is to leave. */
enum verdict {
    STAYS, /* it was moved before, or is known there already */
    TOO_YOUNG,
    BUSY, /* it, or the one that it stands behind, is claimed: when that has failed it may go */
    GOES,
};

/* What stands behind a claimed one may not be there before it. */
static bool is_busy(struct database *db, const struct record *record)
{
    if (record->state == STORE_CLAIMED)
        return true;
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_IS_LINE_CLAIMED, WITH(text(record->sink), text(record->thread)));
    return statement_next(db, row) && sqlite3_column_int(row, 0);
}

static enum verdict judge(
    const struct moving *moving, struct database *db, const struct record *record)
{
    if (record->moved)
        return STAYS;
    if (record->time_ms > moving->in.pick.until_ms)
        return TOO_YOUNG;
    if (delivery_was_made(db, record->event, moving->in.to))
        return STAYS;
    return is_busy(db, record) ? BUSY : GOES;
}

/* False when those that follow are too young. */
static bool move_one(struct moving *moving, struct database *db, const struct record *record)
{
    const struct store_move *in = &moving->in;
    struct store_changes *out = &moving->base.out;
    enum verdict verdict = judge(moving, db, record);

    if (verdict == GOES) {
        struct store_change change =
            changes_send_anew(&moving->base, db, record, in->to, "move", in->at_ms, in->now_ms);
        changes_add(&moving->base, &change);
    }
    if (verdict == TOO_YOUNG)
        out->next_due_ms = record->time_ms;
    out->is_busy |= verdict == BUSY;
    return verdict != TOO_YOUNG;
}

static void move_all(struct changing *changing, struct database *db)
{
    struct moving *moving = (struct moving *)changing;
    const struct store_pick pick = {.after = moving->in.pick.after, .sink = moving->in.pick.sink};
    struct walk walk = record_walk(db, &changing->base.pool, &pick, RECORDS_UNFINISHED);
    struct record record;
    bool goes_on = true;

    while (goes_on && record_next(&walk, &record))
        goes_on = move_one(moving, db, &record);
    changes_end(changing, walk.last, walk.more && goes_on);
}

static void run(struct request *request, struct database *db)
{
    changes_make((struct changing *)request, db, false, move_all);
}

static const struct operation operation = {
    .run = run, .answer = changes_answer, .crash = CRASH_MOVE_BEFORE_COMMIT};

struct request *move_request(const struct store_move *move, store_changes_done done, void *arg)
{
    struct moving *moving = request_create(sizeof *moving, &operation, arg);
    struct pool *pool = &moving->base.base.pool;

    moving->in = *move;
    moving->in.pick = record_copy_pick(pool, &move->pick);
    moving->in.to = pool_text_or_empty(pool, move->to);
    moving->base.done = done;
    return &moving->base.base;
}
