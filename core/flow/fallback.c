/* Another sink takes over what has waited too long at one. A pass walks what waits in the ledger,
 * in steps, and says when the next delivery that stays will have waited long enough. What is being
 * attempted meanwhile is moved when that attempt has failed. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"
#include "sink/sink.h"

struct fallback {
    struct fallbacks *fallbacks;
    struct outlet *from;
    store_id after;   /* where this pass has come to */
    int64_t moved;    /* in this pass */
    int64_t until_ms; /* what was made by then is moved in this pass; steady clock */
    bool is_busy;     /* in this pass some of it was being attempted */
    bool waits;       /* in the last one: another pass is due when an attempt is over */
    struct event *timer;
};

struct fallbacks {
    struct flow *flow;
    struct fallback *items; /* one for each sink that has one */
    size_t count;
};

static void step(struct fallback *fallback);

static const struct policy *policy_of(const struct fallback *fallback)
{
    return &outlet_sink(fallback->from)->policy;
}

static void sleep_for(struct fallback *fallback, int64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    evtimer_add(fallback->timer, &delay);
}

/* Whatever is made from now on has its time after this. */
static void end_pass(struct fallback *fallback, int64_t oldest_ms)
{
    int64_t after_ms = policy_of(fallback)->fallback_after_ms;
    int64_t wait_ms = oldest_ms ? oldest_ms + after_ms - clock_steady_ms() : after_ms;

    if (fallback->moved)
        log_warn(&outlet_sink(fallback->from)->logger,
            "%lld deliveries waited longer than %lld ms: sink %s takes them over",
            (long long)fallback->moved, (long long)after_ms, policy_of(fallback)->fallback);
    fallback->after = 0;
    fallback->moved = 0;
    fallback->waits = fallback->is_busy;
    fallback->is_busy = false;
    sleep_for(fallback, wait_ms);
}

static void on_moved(const struct error *error, const struct store_changes *changes, void *arg)
{
    struct fallback *fallback = arg;
    struct flow *flow = fallback->fallbacks->flow;

    flow->calls--;
    if (error->text) {
        log_error(&outlet_sink(fallback->from)->logger,
            "what waits could not be handed to its fallback, trying on: %s", error_text(error));
        sleep_for(fallback, FLOW_AGAIN_MS);
        return;
    }
    for (size_t i = 0; i < changes->count; i++) {
        flow_wake(flow, changes->items[i].sink);
        flow_wake(flow, changes->items[i].promoted);
    }
    fallback->moved += (int64_t)changes->count;
    fallback->after = changes->last;
    fallback->is_busy |= changes->is_busy;
    if (!changes->more)
        end_pass(fallback, changes->next_due_ms);
    else if (!flow->is_stopping)
        step(fallback);
}

static void step(struct fallback *fallback)
{
    struct flow *flow = fallback->fallbacks->flow;
    struct journal *journal = flow->parts.journal;
    const struct store_move move = {
        .pick = {.sink = outlet_sink(fallback->from)->name,
            .until_ms = fallback->until_ms,
            .after = fallback->after},
        .to = policy_of(fallback)->fallback,
        .at_ms = clock_wall_ms(),
        .now_ms = clock_steady_ms(),
    };

    flow->calls++;
    journal->ops->move(journal, &move, on_moved, fallback);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct fallback *fallback = arg;

    (void)fd, (void)what;
    if (fallback->fallbacks->flow->is_stopping)
        return;
    fallback->until_ms = clock_steady_ms() - policy_of(fallback)->fallback_after_ms;
    step(fallback);
}

void fallbacks_note_over(struct fallbacks *fallbacks, const struct outlet *outlet)
{
    for (size_t i = 0; i < fallbacks->count; i++) {
        struct fallback *fallback = &fallbacks->items[i];
        if (fallback->from != outlet || !fallback->waits)
            continue;
        fallback->waits = false;
        sleep_for(fallback, 0);
    }
}

void fallbacks_open(struct fallbacks *fallbacks)
{
    for (size_t i = 0; i < fallbacks->count; i++)
        sleep_for(&fallbacks->items[i], 0);
}

struct fallbacks *fallbacks_create(struct flow *flow)
{
    struct fallbacks *fallbacks = mem_alloc(sizeof *fallbacks);

    fallbacks->flow = flow;
    fallbacks->items = mem_alloc((flow->parts.sink_count + 1) * sizeof *fallbacks->items);
    for (size_t i = 0; i < flow->parts.sink_count; i++) {
        struct fallback *fallback = &fallbacks->items[fallbacks->count];
        if (!flow->parts.sinks[i]->policy.fallback)
            continue;
        fallback->fallbacks = fallbacks;
        fallback->from = flow->outlets[i];
        fallback->timer = evtimer_new(flow->parts.base, on_time, fallback);
        if (!fallback->timer)
            mem_exhausted();
        fallbacks->count++;
    }
    return fallbacks;
}

void fallbacks_destroy(struct fallbacks *fallbacks)
{
    for (size_t i = 0; i < fallbacks->count; i++)
        event_free(fallbacks->items[i].timer);
    free(fallbacks->items);
    free(fallbacks);
}
