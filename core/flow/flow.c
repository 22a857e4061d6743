#include "flow/flow.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log_quota.h"
#include "base/mem.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/delivery.h"
#include "flow/flow-private.h"
#include "flow/recollection.h"
#include "flow/story.h"
#include "sink/sink.h"

/* A document between its hook and the ledger. */
struct arrival {
    struct flow *flow;
    struct story *story;
    bool is_claimed;
    flow_accepted done;
    void *arg;
};

static void create_parts(struct flow *flow)
{
    outlets_match(flow);
    flow->shelf = shelf_create();
    flow->loadings = loadings_create(flow);
    flow->turn = turn_create(flow);
    flow->alarms = alarms_create();
    flow->silences = silences_create(flow);
    flow->fallbacks = fallbacks_create(flow);
    flow->held = held_create(flow);
    flow->recollections = recollections_create(flow);
    flow->passages = passages_create(flow);
    flow->backlog = backlog_create(flow);
}

struct flow *flow_create(const struct flow_parts *parts)
{
    struct flow *flow = mem_alloc(sizeof *flow);

    flow->parts = *parts;
    flow->logger = logger_with(parts->logger, "part", "flow");
    flow->told = chronicle_open(flow);
    create_parts(flow);
    notes_read(flow);
    backlog_note(flow->backlog);
    return flow;
}

void flow_destroy(struct flow *flow)
{
    if (!flow)
        return;
    backlog_destroy(flow->backlog);
    recollections_destroy(flow->recollections);
    passages_destroy(flow->passages);
    held_destroy(flow->held);
    fallbacks_destroy(flow->fallbacks);
    silences_destroy(flow->silences);
    alarms_destroy(flow->alarms);
    loadings_destroy(flow->loadings);
    turn_destroy(flow->turn);
    shelf_destroy(flow->shelf);
    for (size_t i = 0; i < flow->outlet_count; i++)
        outlet_destroy(flow->outlets[i]);
    deliveries_drop(flow);
    if (flow->notes_again)
        event_free(flow->notes_again);
    log_quota_destroy(flow->told);
    free(flow->outlets);
    free(flow);
}

struct outlet *flow_find_outlet(struct flow *flow, const char *sink)
{
    for (size_t i = 0; i < flow->outlet_count; i++)
        if (strcmp(outlet_name(flow->outlets[i]), sink) == 0)
            return outlet_sink(flow->outlets[i]) ? flow->outlets[i] : NULL;
    return NULL;
}

void flow_wake(struct flow *flow, const char *sink)
{
    struct outlet *outlet = sink ? flow_find_outlet(flow, sink) : NULL;

    if (outlet)
        outlet_wake(outlet);
}

static void on_accepted(const struct error *error, const struct store_accepted *accepted, void *arg)
{
    struct arrival *arrival = arg;
    struct flow *flow = arrival->flow;
    struct journal *journal = flow->parts.journal;

    flow->calls--;
    if (error->text) {
        log_error(&flow->logger, "an event could not be accepted: %s", error_text(error));
        arrival->done(error, NULL, false, arrival->arg);
        story_release(arrival->story);
        free(arrival);
        return;
    }
    story_set_number(arrival->story, journal->ops->ledger_id(journal), accepted->event);
    chronicle_accepted(flow, arrival->story, accepted->duplicate);
    silence_heard(flow->silences, arrival->story->hook);
    arrival->done(error, arrival->story->id, accepted->duplicate, arrival->arg);
    if (accepted->duplicate || !arrival->is_claimed)
        story_release(arrival->story);
    else
        passage_begin(flow->passages, arrival->story, 0);
    free(arrival);
}

void flow_accept_event(struct flow *flow, const char *hook, struct event *event, const void *body,
    size_t len, const char *dedupe, int64_t dedupe_ms, flow_accepted done, void *arg)
{
    struct journal *journal = flow->parts.journal;
    struct arrival *arrival = mem_alloc(sizeof *arrival);
    int64_t now_ms = clock_wall_ms();

    arrival->flow = flow;
    arrival->story = story_create(event, hook, body, len, now_ms);
    arrival->is_claimed = passages_have_room(flow->passages);
    arrival->done = done;
    arrival->arg = arg;
    const struct store_accept accept = {
        .hook = hook,
        .type = event->type,
        .action = event->action,
        .thread = event->thread,
        .dedupe = dedupe,
        .dedupe_ms = dedupe_ms,
        .at_ms = now_ms,
        .now_ms = clock_steady_ms(),
        .body = arrival->story->body,
        .body_len = len,
        .claim = arrival->is_claimed,
    };
    flow->calls++;
    journal->ops->accept(journal, &accept, on_accepted, arrival);
    if (!arrival->is_claimed)
        backlog_note(flow->backlog);
}

bool flow_accept(struct flow *flow, const char *hook, const void *body, size_t len,
    struct error *error, flow_accepted done, void *arg)
{
    struct event *event = event_parse(body, len, error);

    if (!event)
        return false;
    flow_accept_event(
        flow, hook, event, body, len, event->dedupe, flow->parts.config->dedupe_ms, done, arg);
    return true;
}

void flow_stop(struct flow *flow)
{
    flow->is_stopping = true;
    for (size_t i = 0; i < flow->outlet_count; i++)
        outlet_go_on(flow->outlets[i]);
}

uint64_t flow_given_up(const struct flow *flow)
{
    return flow->given_up;
}

uint64_t flow_misworded(const struct flow *flow)
{
    return flow->misworded;
}

bool flow_is_idle(const struct flow *flow)
{
    for (size_t i = 0; i < flow->outlet_count; i++)
        if (!outlet_is_idle(flow->outlets[i]))
            return false;
    return flow->calls == 0;
}
