/* Somebody ends deliveries without an attempt. */
#include "store/operations.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "store/changes.h"
#include "store/database.h"
#include "store/record.h"

struct finishing {
    struct changing base;
    struct store_finish in;
};

static struct store_change finish_record(
    const struct store_finish *in, struct database *db, const struct record *record)
{
    if (record->state != STORE_FINISHED)
        return changes_end_waiting(db, record, in->result, in->reason, in->at_ms);
    auto_free char *reason = text_format(
        "%s; before: %s", in->reason, record->reason ? record->reason : "no reason given");
    changes_skip_dead(db, record, reason, in->at_ms);
    return (struct store_change){.delivery = record->delivery, .event = record->event};
}

static void finish_all(struct changing *changing, struct database *db)
{
    const struct store_finish *in = &((struct finishing *)changing)->in;
    struct walk walk = record_walk(db, &changing->base.pool, &in->pick,
        in->result == STORE_SKIPPED ? RECORDS_BOTH : RECORDS_WAITING);
    struct record record;

    while (record_next(&walk, &record)) {
        struct store_change change = {
            .delivery = record.delivery, .event = record.event, .refused = record.refused};
        if (!change.refused)
            change = finish_record(in, db, &record);
        changes_add(changing, &change);
    }
    changes_end(changing, walk.last, walk.more);
}

static void run(struct request *request, struct database *db)
{
    struct finishing *finishing = (struct finishing *)request;

    changes_make(&finishing->base, db, finishing->in.dry_run, finish_all);
}

static const struct operation operation = {
    .run = run, .answer = changes_answer, .crash = CRASH_FINISH_BEFORE_COMMIT};

struct request *finish_request(
    const struct store_finish *finish, store_changes_done done, void *arg)
{
    struct finishing *finishing = request_create(sizeof *finishing, &operation, arg);
    struct pool *pool = &finishing->base.base.pool;

    finishing->in = *finish;
    finishing->in.pick = record_copy_pick(pool, &finish->pick);
    finishing->in.reason = pool_text_or_empty(pool, finish->reason);
    finishing->base.done = done;
    return &finishing->base.base;
}
