#include "store/changes.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "store/database.h"
#include "store/delivery.h"
#include "store/record.h"

static void changes_begin(struct changing *changing)
{
    changing->items = (struct list){0};
    changing->out = (struct store_changes){0};
}

void changes_add(struct changing *changing, const struct store_change *change)
{
    *(struct store_change *)list_add(&changing->items, &changing->base.pool, sizeof *change) =
        *change;
}

void changes_end(struct changing *changing, store_id last, bool more)
{
    changing->out.items = changing->items.items;
    changing->out.count = changing->items.count;
    changing->out.last = last;
    changing->out.more = more;
}

void changes_make(struct changing *changing, struct database *db, bool dry_run,
    void (*act)(struct changing *changing, struct database *db))
{
    struct marks before = db->marks;
    size_t steps = db->queues.count;

    changes_begin(changing);
    if (!dry_run) {
        act(changing, db);
        return;
    }
    statement_run(db, SQL_TRY, WITH_NOTHING);
    act(changing, db);
    statement_run(db, SQL_UNDO_TRY, WITH_NOTHING);
    statement_run(db, SQL_END_TRY, WITH_NOTHING);
    db->marks = before;
    queues_rollback(&db->queues, steps);
    struct store_change *items = changing->items.items;
    for (size_t i = 0; i < changing->items.count; i++)
        items[i].became = 0;
}

void changes_answer(const struct request *request)
{
    const struct changing *changing = (const struct changing *)request;

    changing->done(&request->error, request->error.text ? NULL : &changing->out, request->arg);
}

struct store_change changes_end_waiting(struct database *db, const struct record *record,
    enum store_result result, const char *reason, int64_t at_ms)
{
    const struct ended_delivery ended = {
        .delivery = record->delivery,
        .sink = record->sink,
        .thread = record->thread,
        .result = result,
        .finished_ms = at_ms,
        .reason = reason,
    };
    bool promoted = delivery_end(db, &ended);

    return (struct store_change){
        .delivery = record->delivery,
        .event = record->event,
        .promoted = promoted ? record->sink : NULL,
    };
}

void changes_skip_dead(
    struct database *db, const struct record *record, const char *reason, int64_t at_ms)
{
    statement_run(
        db, SQL_SKIP_OUTCOME, WITH(number(record->delivery), number(at_ms), text(reason)));
    statement_run(db, SQL_REMOVE_DEAD, WITH(number(record->delivery)));
    db->marks.dead--;
    db->marks.skipped++;
}

static struct store_routed join(struct database *db, const struct record *record, const char *to,
    const char *kind, int64_t at_ms, int64_t now_ms)
{
    bool is_elsewhere = strcmp(to, record->sink) != 0;
    const struct new_delivery new = {
        .event = record->event,
        .sink = to,
        .thread = record->thread,
        .rule = record->rule,
        .resume = is_elsewhere ? NULL : record->resume, /* it speaks to one plugin only */
        .level = record->level,
        .due_ms = now_ms,
        .now_ms = now_ms,
        .in_doubt = record->in_doubt,
        .moved = is_elsewhere || record->moved,
    };
    auto_free char *trace =
        text_format("[{\"%s\":\"%s-d%" PRId64 "\"}]", kind, db->ledger_id, record->delivery);
    struct store_routed routed = delivery_join(db, &new);

    delivery_record(db, record->event, at_ms, routed.delivery, 1, kind, trace);
    return routed;
}

struct store_change changes_send_anew(struct changing *changing, struct database *db,
    const struct record *record, const char *to, const char *kind, int64_t at_ms, int64_t now_ms)
{
    struct store_routed routed = join(db, record, to, kind, at_ms, now_ms);
    auto_free char *reason =
        text_format("sent anew as %s-d%" PRId64 " to %s%s%s", db->ledger_id, routed.delivery, to,
            record->reason ? "; before: " : "", record->reason ? record->reason : "");
    struct store_change change = {.delivery = record->delivery, .event = record->event};

    if (record->state == STORE_FINISHED)
        changes_skip_dead(db, record, reason, at_ms);
    else
        change = changes_end_waiting(db, record, STORE_SKIPPED, reason, at_ms);
    change.became = routed.delivery;
    change.sink = pool_text(&changing->base.pool, to);
    return change;
}
