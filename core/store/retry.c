/* An operator sends dead letters again, or what waits to another sink. */
#include "store/operations.h"

#include <string.h>

#include "store/changes.h"
#include "store/database.h"
#include "store/delivery.h"
#include "store/record.h"

struct retrying {
    struct changing base;
    struct store_retry in;
};

/* What stands as its decision says only that it was lost: the event is as if it had never been
 * routed. One that was lost while it was routed again has another, and is routed again. */
static void replay_lost_event(struct database *db, const struct record *record, int64_t at_ms)
{
    statement_run(db, SQL_DECISION_TO_LATER, WITH(number(record->event), number(record->delivery)));
    bool is_first = statement_changes(db) > 0;
    statement_run(db, SQL_REMOVE_DECISION, WITH(number(record->event), number(record->delivery)));
    statement_run(db, SQL_REPLAY_EVENT,
        WITH(number(record->event), number(is_first ? STORE_FIRST_TIME : STORE_REPLAY)));
    db->marks.unrouted += statement_changes(db);
    changes_skip_dead(db, record, "routed again; before: lost three times", at_ms);
}

static struct store_change retry_record(
    struct retrying *retrying, struct database *db, const struct record *record)
{
    const struct store_retry *in = &retrying->in;

    if (*record->sink)
        return changes_send_anew(&retrying->base, db, record, in->to ? in->to : record->sink,
            "retry", in->at_ms, in->now_ms);
    replay_lost_event(db, record, in->at_ms);
    return (struct store_change){.delivery = record->delivery, .event = record->event};
}

static bool is_there(const struct retrying *retrying, const struct record *record)
{
    return record->state != STORE_FINISHED && strcmp(retrying->in.to, record->sink) == 0;
}

static void retry_all(struct changing *changing, struct database *db)
{
    struct retrying *retrying = (struct retrying *)changing;
    const struct store_retry *in = &retrying->in;
    struct walk walk =
        record_walk(db, &changing->base.pool, &in->pick, in->to ? RECORDS_BOTH : RECORDS_DEAD);
    struct record record;

    while (record_next(&walk, &record)) {
        struct store_change change = {
            .delivery = record.delivery, .event = record.event, .refused = record.refused};
        if (!change.refused && in->to && is_there(retrying, &record))
            change.refused = "waits there already";
        if (!change.refused)
            change = retry_record(retrying, db, &record);
        if (!change.refused || in->pick.id_count)
            changes_add(changing, &change);
    }
    changes_end(changing, walk.last, walk.more);
}

static void run(struct request *request, struct database *db)
{
    struct retrying *retrying = (struct retrying *)request;

    changes_make(&retrying->base, db, retrying->in.dry_run, retry_all);
}

static const struct operation operation = {
    .run = run, .answer = changes_answer, .crash = CRASH_RETRY_BEFORE_COMMIT};

struct request *retry_request(const struct store_retry *retry, store_changes_done done, void *arg)
{
    struct retrying *retrying = request_create(sizeof *retrying, &operation, arg);
    struct pool *pool = &retrying->base.base.pool;

    retrying->in = *retry;
    retrying->in.pick = record_copy_pick(pool, &retry->pick);
    retrying->in.to = pool_text(pool, retry->to);
    retrying->base.done = done;
    return &retrying->base.base;
}
