#include "flow/operator.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"
#include "sink/sink.h"

/* What was asked, on its way through the ledger step by step. Its texts and ids are copies. */
struct errand {
    struct flow *flow;
    void (*step)(struct errand *errand);
    union {
        struct store_retry retry;
        struct store_finish finish;
        struct store_replays replays;
    } in;
    char *sink, *to, *reason, *hook, *type, *except_hook;
    store_id *ids; /* all of them: a step takes STORE_STEP at most */
    size_t id_count, ids_done;
    store_id after;
    bool dry_run;
    struct store_change *items; /* FLOW_CHANGES_SHOWN places */
    struct flow_changes out;
    flow_changed done;
    void *arg;
};

static void errand_destroy(struct errand *errand)
{
    char *texts[] = {
        errand->sink, errand->to, errand->reason, errand->hook, errand->type, errand->except_hook};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < errand->out.item_count; i++) {
        free((char *)errand->items[i].sink);
        free((char *)errand->items[i].promoted);
        free((char *)errand->items[i].refused);
    }
    free(errand->items);
    free(errand->ids);
    free(errand);
}

static void errand_end(struct errand *errand, const struct error *error)
{
    errand->out.items = errand->items;
    errand->done(error, &errand->out, errand->arg);
    errand_destroy(errand);
}

static void note_change(struct errand *errand, const struct store_change *change)
{
    struct flow_changes *out = &errand->out;

    if (change->refused)
        out->refused++;
    else
        out->changed++;
    if (!errand->dry_run) {
        flow_wake(errand->flow, change->sink);
        flow_wake(errand->flow, change->promoted);
    }
    if (out->item_count == FLOW_CHANGES_SHOWN)
        return;
    struct store_change *kept = &errand->items[out->item_count++];
    *kept = *change;
    kept->sink = text_copy(change->sink);
    kept->promoted = text_copy(change->promoted);
    kept->refused = text_copy(change->refused);
}

static size_t step_ids(const struct errand *errand)
{
    size_t left = errand->id_count - errand->ids_done;

    return left < STORE_STEP ? left : STORE_STEP;
}

static void on_step(const struct error *error, const struct store_changes *changes, void *arg)
{
    struct errand *errand = arg;
    auto_error struct error verdict = {0};
    struct flow *flow = errand->flow;

    flow->calls--;
    if (error->text) {
        errand_end(errand, error);
        return;
    }
    for (size_t i = 0; i < changes->count; i++)
        note_change(errand, &changes->items[i]);
    if (errand->out.changed > 0 && !errand->dry_run)
        backlog_note(flow->backlog); /* events may wait to be routed again */
    errand->ids_done += step_ids(errand);
    errand->after = changes->last;
    bool is_over = errand->id_count ? errand->ids_done == errand->id_count : !changes->more;
    if (!is_over && flow->is_stopping)
        error_set(&verdict, "the daemon is stopping");
    if (is_over || flow->is_stopping)
        errand_end(errand, &verdict);
    else
        errand->step(errand);
}

static struct store_pick step_pick(const struct errand *errand, const struct store_pick *pick)
{
    struct store_pick step = *pick;

    step.ids = errand->ids + errand->ids_done;
    step.id_count = step_ids(errand);
    step.sink = errand->sink;
    step.after = errand->after;
    return step;
}

static void step_retry(struct errand *errand)
{
    struct journal *journal = errand->flow->parts.journal;
    struct store_retry retry = errand->in.retry;

    retry.pick = step_pick(errand, &errand->in.retry.pick);
    retry.to = errand->to;
    retry.at_ms = clock_wall_ms();
    retry.now_ms = clock_steady_ms();
    errand->flow->calls++;
    journal->ops->retry(journal, &retry, on_step, errand);
}

static void step_finish(struct errand *errand)
{
    struct journal *journal = errand->flow->parts.journal;
    struct store_finish finish = errand->in.finish;

    finish.pick = step_pick(errand, &errand->in.finish.pick);
    finish.reason = errand->reason;
    finish.at_ms = clock_wall_ms();
    errand->flow->calls++;
    journal->ops->finish(journal, &finish, on_step, errand);
}

static void step_replay(struct errand *errand)
{
    struct journal *journal = errand->flow->parts.journal;
    struct store_replays replays = errand->in.replays;

    replays.events = errand->ids + errand->ids_done;
    replays.count = step_ids(errand);
    replays.hook = errand->hook;
    replays.type = errand->type;
    replays.except_hook = errand->except_hook;
    replays.after = errand->after;
    errand->flow->calls++;
    journal->ops->replay(journal, &replays, on_step, errand);
}

static struct errand *errand_create(struct flow *flow, const store_id *ids, size_t id_count,
    bool dry_run, flow_changed done, void *arg)
{
    struct errand *errand = mem_alloc(sizeof *errand);

    errand->flow = flow;
    errand->ids = id_count ? mem_copy(ids, id_count * sizeof *ids) : NULL;
    errand->id_count = id_count;
    errand->dry_run = dry_run;
    errand->items = mem_alloc(FLOW_CHANGES_SHOWN * sizeof *errand->items);
    errand->done = done;
    errand->arg = arg;
    return errand;
}

void flow_retry(struct flow *flow, const struct store_retry *retry, flow_changed done, void *arg)
{
    static const struct flow_changes nothing = {0};
    auto_error struct error error = {0};

    if (retry->to && !flow_find_outlet(flow, retry->to)) {
        error_set(&error, "there is no sink \"%s\" to send to", retry->to);
        done(&error, &nothing, arg);
        return;
    }
    struct errand *errand =
        errand_create(flow, retry->pick.ids, retry->pick.id_count, retry->dry_run, done, arg);
    errand->in.retry = *retry;
    errand->sink = text_copy(retry->pick.sink);
    errand->to = text_copy(retry->to);
    errand->step = step_retry;
    errand->step(errand);
}

void flow_skip(struct flow *flow, const struct store_finish *finish, flow_changed done, void *arg)
{
    struct errand *errand =
        errand_create(flow, finish->pick.ids, finish->pick.id_count, finish->dry_run, done, arg);

    errand->in.finish = *finish;
    errand->sink = text_copy(finish->pick.sink);
    errand->reason = text_copy(finish->reason);
    errand->step = step_finish;
    errand->step(errand);
}

void flow_replay(
    struct flow *flow, const struct store_replays *replays, flow_changed done, void *arg)
{
    struct errand *errand =
        errand_create(flow, replays->events, replays->count, replays->dry_run, done, arg);

    errand->in.replays = *replays;
    errand->hook = text_copy(replays->hook);
    errand->type = text_copy(replays->type);
    errand->except_hook = replays->hook || replays->count ? NULL : text_copy(ALARM_HOOK);
    errand->step = step_replay;
    errand->step(errand);
}
