/* Sinks that left the configuration keep their deliveries: held, visible, and told of daily, for
 * whoever misspelt a name. A note remembers that a sink was away, because on its return what is too
 * old by then must not come out as a flood: it becomes dead letters. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"
#include "sink/sink.h"

enum {
    day_ms = 86400000,
};

/* A sink that came back, while its deliveries are gone through. */
struct returning {
    TAILQ_ENTRY(returning) link;
    struct held *held;
    struct outlet *outlet;
    int64_t until_ms; /* what was made before is too old; steady clock */
    store_id after;
    int64_t buried;
    struct event *again;
};

struct held {
    struct flow *flow;
    TAILQ_HEAD(, returning) returning;
    struct event *daily;
};

static void returning_step(struct returning *returning);

static void returning_destroy(struct returning *returning)
{
    TAILQ_REMOVE(&returning->held->returning, returning, link);
    event_free(returning->again);
    free(returning);
}

static void returning_end(struct returning *returning)
{
    struct flow *flow = returning->held->flow;
    struct outlet *outlet = returning->outlet;
    const char *name = outlet_name(outlet);
    const struct logger sink = logger_with(&flow->logger, "sink", name);

    log_warn(&sink,
        "it is back in the configuration: what waited is sent, but %lld that "
        "are older than give_up are dead letters now",
        (long long)returning->buried);
    if (outlet_sink(outlet))
        note_put(flow, text_format("held/%s", name), NULL); /* else it left again meanwhile */
    if (returning->buried)
        alarm_about_dead(
            flow, name, "What waited while it was out of the configuration", "older than give_up");
    returning_destroy(returning);
    outlet_hold(outlet, false);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    returning_step(arg);
}

static void on_buried(const struct error *error, const struct store_changes *changes, void *arg)
{
    struct returning *returning = arg;
    struct flow *flow = returning->held->flow;
    const struct timeval delay = clock_timeval(FLOW_AGAIN_MS);

    flow->calls--;
    if (error->text) {
        log_error(&flow->logger, "what waited for %s could not be gone through, trying on: %s",
            outlet_name(returning->outlet), error_text(error));
        evtimer_add(returning->again, &delay);
        return;
    }
    returning->buried += (int64_t)changes->count;
    returning->after = changes->last;
    if (changes->more)
        returning_step(returning);
    else
        returning_end(returning);
}

static void returning_step(struct returning *returning)
{
    struct flow *flow = returning->held->flow;
    struct journal *journal = flow->parts.journal;
    const struct store_finish finish = {
        .pick = {.sink = outlet_name(returning->outlet),
            .until_ms = returning->until_ms,
            .after = returning->after},
        .result = STORE_DEAD,
        .reason = "given up: its sink was out of the configuration for too long",
        .at_ms = clock_wall_ms(),
    };

    flow->calls++;
    journal->ops->finish(journal, &finish, on_buried, returning);
}

static bool is_returning(const struct held *held, const struct outlet *outlet)
{
    const struct returning *returning;

    TAILQ_FOREACH (returning, &held->returning, link)
        if (returning->outlet == outlet)
            return true;
    return false;
}

/* One that was away and is configured again is looked after before it sends. */
void held_restore(struct held *held, const char *sink)
{
    struct outlet *outlet = flow_find_outlet(held->flow, sink);
    struct returning *returning;

    if (!outlet || is_returning(held, outlet))
        return;
    returning = mem_alloc(sizeof *returning);
    returning->held = held;
    returning->outlet = outlet;
    returning->until_ms = clock_steady_ms() - outlet_sink(outlet)->policy.give_up_ms;
    returning->again = evtimer_new(held->flow->parts.base, on_again, returning);
    if (!returning->again)
        mem_exhausted();
    TAILQ_INSERT_TAIL(&held->returning, returning, link);
    outlet_hold(outlet, true);
    returning_step(returning);
}

static void tell_held(struct flow *flow, const struct store_queue *queue)
{
    auto_free char *cause = text_format("held/%s", queue->sink);
    auto_free char *title = text_format("Deliveries wait for a sink that is gone: %s", queue->sink);
    auto_free char *text = text_format("%lld deliveries wait for the sink %s, which is not in the "
                                       "configuration. Bring it back, or send them elsewhere: "
                                       "tocsin retry --sink %s --to ANOTHER",
        (long long)queue->waiting, queue->sink, queue->sink);
    const struct alarm alarm = {.cause = cause,
        .action = "sink-held",
        .title = title,
        .text = text,
        .window_ms = day_ms - day_ms / 24};

    log_warn(&flow->logger, "%s", text);
    alarm_raise(flow, &alarm);
}

static void look_at_queue(const struct store_queue *queue, void *arg)
{
    struct flow *flow = arg;

    if (queue->waiting == 0 || !*queue->sink || flow_find_outlet(flow, queue->sink))
        return;
    tell_held(flow, queue);
    note_put(flow, text_format("held/%s", queue->sink), "1");
}

void held_open(struct held *held)
{
    const struct timeval delay = clock_timeval(day_ms);
    struct journal *journal = held->flow->parts.journal;

    evtimer_add(held->daily, &delay);
    journal->ops->queues(journal, look_at_queue, held->flow);
}

static void on_day_over(evutil_socket_t fd, short what, void *arg)
{
    struct held *held = arg;

    (void)fd, (void)what;
    if (!held->flow->is_stopping)
        held_open(held);
}

struct held *held_create(struct flow *flow)
{
    struct held *held = mem_alloc(sizeof *held);

    held->flow = flow;
    TAILQ_INIT(&held->returning);
    held->daily = evtimer_new(flow->parts.base, on_day_over, held);
    if (!held->daily)
        mem_exhausted();
    return held;
}

void held_destroy(struct held *held)
{
    struct returning *returning, *next;

    for (returning = TAILQ_FIRST(&held->returning); returning; returning = next) {
        next = TAILQ_NEXT(returning, link);
        returning_destroy(returning);
    }
    event_free(held->daily);
    free(held);
}
