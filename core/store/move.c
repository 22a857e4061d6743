/* A fallback takes over what has waited too long elsewhere. Numbers grow with the time at which
 * deliveries were made, so a walk ends at the first that is too young. */
#include "store/operations.h"

#include <string.h>

#include "store/changes.h"
#include "store/database.h"
#include "store/delivery.h"
#include "store/record.h"

struct moving {
    struct changing base;
    struct store_move in;
};

static bool is_its_own(const struct moving *moving, const struct record *record)
{
    return record->state != STORE_CLAIMED && strcmp(record->sink, moving->in.pick.sink) == 0;
}

/* What is claimed, was moved before, or is known there already stays where it is. */
static bool may_move(const struct moving *moving, struct database *db, const struct record *record)
{
    return is_its_own(moving, record) && !record->moved &&
           !delivery_was_made(db, record->event, moving->in.to);
}

static void run(struct request *request, struct database *db)
{
    struct moving *moving = (struct moving *)request;
    const struct store_move *in = &moving->in;
    struct store_pick all = {.after = in->pick.after};
    struct walk walk = record_walk(db, &request->pool, &all, RECORDS_WAITING);
    const struct record *records = walk.records.items;

    changes_begin(&moving->base);
    for (size_t i = 0; i < walk.records.count && !moving->base.out.next_due_ms; i++) {
        if (records[i].time_ms > in->pick.until_ms && is_its_own(moving, &records[i])) {
            moving->base.out.next_due_ms = records[i].time_ms;
        } else if (may_move(moving, db, &records[i])) {
            struct store_change change = changes_send_anew(
                &moving->base, db, &records[i], in->to, "move", in->at_ms, in->now_ms);
            changes_add(&moving->base, &change);
        }
    }
    changes_end(&moving->base, walk.last, walk.more && !moving->base.out.next_due_ms);
}

static const struct operation operation = {.run = run, .answer = changes_answer};

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
