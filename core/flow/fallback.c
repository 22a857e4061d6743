/* Another sink takes over what has waited too long at one. A pass walks what waits in the ledger,
 * in steps, and says when the next delivery that stays will have waited long enough. What is being
 * attempted meanwhile is moved when that attempt has failed. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"
#include "sink/sink.h"

struct fallback {
    LIST_ENTRY(fallback) link; /* fallbacks::items */
    struct fallbacks *fallbacks;
    struct outlet *from;
    store_id after;   /* where this pass has come to */
    int64_t moved;    /* in this pass */
    int64_t until_ms; /* what was made by then is moved in this pass; steady clock */
    bool is_busy;     /* in this pass some of it was being attempted */
    bool waits;       /* in the last one: another pass is due when an attempt is over */
    bool is_asking;   /* the ledger was asked and has not answered */
    struct event *timer;
};

struct fallbacks {
    struct flow *flow;
    LIST_HEAD(, fallback) items; /* one for each sink that has, or had, one */
};

static void step(struct fallback *fallback);

/* NULL where its sink has none, or is gone: another configuration took over. */
static const struct policy *policy_of(const struct fallback *fallback)
{
    const struct sink *sink = outlet_sink(fallback->from);

    return sink && sink->policy.fallback ? &sink->policy : NULL;
}

static void sleep_for(struct fallback *fallback, int64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    evtimer_add(fallback->timer, &delay);
}

/* Whatever is made from now on has its time after this. */
static void end_pass(struct fallback *fallback, const struct policy *policy, int64_t oldest_ms)
{
    int64_t after_ms = policy->fallback_after_ms;
    int64_t wait_ms = oldest_ms ? oldest_ms + after_ms - clock_steady_ms() : after_ms;

    if (fallback->moved)
        log_warn(&outlet_sink(fallback->from)->logger,
            "%lld deliveries waited longer than %lld ms: sink %s takes them over",
            (long long)fallback->moved, (long long)after_ms, policy->fallback);
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
    const struct policy *policy = policy_of(fallback);

    flow->calls--;
    fallback->is_asking = false;
    if (error->text) {
        log_error(&flow->logger,
            "what waits at %s could not be handed to its fallback, trying on: %s",
            outlet_name(fallback->from), error_text(error));
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
    if (policy && !changes->more)
        end_pass(fallback, policy, changes->next_due_ms);
    else if (policy && !flow->is_stopping)
        step(fallback);
}

static void step(struct fallback *fallback)
{
    struct flow *flow = fallback->fallbacks->flow;
    struct journal *journal = flow->parts.journal;
    const struct store_move move = {
        .pick = {.sink = outlet_name(fallback->from),
            .until_ms = fallback->until_ms,
            .after = fallback->after},
        .to = policy_of(fallback)->fallback,
        .at_ms = clock_wall_ms(),
        .now_ms = clock_steady_ms(),
    };

    fallback->is_asking = true;
    flow->calls++;
    journal->ops->move(journal, &move, on_moved, fallback);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct fallback *fallback = arg;

    (void)fd, (void)what;
    const struct policy *policy = policy_of(fallback);
    if (!policy || fallback->is_asking || fallback->fallbacks->flow->is_stopping)
        return;
    fallback->until_ms = clock_steady_ms() - policy->fallback_after_ms;
    step(fallback);
}

void fallbacks_note_over(struct fallbacks *fallbacks, const struct outlet *outlet)
{
    struct fallback *fallback;

    LIST_FOREACH (fallback, &fallbacks->items, link) {
        if (fallback->from != outlet || !fallback->waits)
            continue;
        fallback->waits = false;
        sleep_for(fallback, 0);
    }
}

/* From the first on: what a pass that ended early left is gone through again. */
void fallbacks_open(struct fallbacks *fallbacks)
{
    struct fallback *fallback;

    LIST_FOREACH (fallback, &fallbacks->items, link) {
        if (!fallback->is_asking)
            fallback->after = fallback->moved = 0;
        sleep_for(fallback, 0);
    }
}

static struct fallback *find(const struct fallbacks *fallbacks, const struct outlet *from)
{
    struct fallback *fallback;

    LIST_FOREACH (fallback, &fallbacks->items, link)
        if (fallback->from == from)
            return fallback;
    return NULL;
}

static void add(struct fallbacks *fallbacks, struct outlet *from)
{
    struct fallback *fallback = mem_alloc(sizeof *fallback);

    fallback->fallbacks = fallbacks;
    fallback->from = from;
    fallback->timer = evtimer_new(fallbacks->flow->parts.base, on_time, fallback);
    if (!fallback->timer)
        mem_exhausted();
    LIST_INSERT_HEAD(&fallbacks->items, fallback, link);
}

void fallbacks_match(struct fallbacks *fallbacks)
{
    const struct flow *flow = fallbacks->flow;

    for (size_t i = 0; i < flow->outlet_count; i++) {
        struct outlet *outlet = flow->outlets[i];
        const struct sink *sink = outlet_sink(outlet);
        if (sink && sink->policy.fallback && !find(fallbacks, outlet))
            add(fallbacks, outlet);
    }
}

struct fallbacks *fallbacks_create(struct flow *flow)
{
    struct fallbacks *fallbacks = mem_alloc(sizeof *fallbacks);

    fallbacks->flow = flow;
    fallbacks_match(fallbacks);
    return fallbacks;
}

void fallbacks_destroy(struct fallbacks *fallbacks)
{
    struct fallback *fallback, *next;

    for (fallback = LIST_FIRST(&fallbacks->items); fallback; fallback = next) {
        next = LIST_NEXT(fallback, link);
        event_free(fallback->timer);
        free(fallback);
    }
    free(fallbacks);
}
