/* Events that wait in the ledger: those for which memory had no room, those of an earlier life, and
 * those that are routed again. They are fetched in pages, in order. */
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/event.h"
#include "flow/flow-private.h"
#include "flow/story.h"

enum {
    page_events = 256,
    page_bytes = 1 << 20,
};

struct backlog {
    struct flow *flow;
    bool has_some; /* events wait in the ledger */
    bool is_fetching;
    bool came_meanwhile; /* one was left there after the fetch was asked for */
    struct event *again; /* asks the ledger again */
};

static void on_unreadable_recorded(const struct error *error, const struct store_routed *routed,
    size_t count, const store_id *objects, size_t object_count, void *arg)
{
    struct flow *flow = arg;

    (void)routed, (void)count, (void)objects, (void)object_count;
    flow->calls--;
    if (error->text)
        log_error(&flow->logger, "an event that cannot be read could not be recorded: %s",
            error_text(error));
}

/* Only what was once read is stored, so a later version must have become stricter. The event ends
 * with a recorded outcome all the same. */
static void record_unreadable(
    struct flow *flow, const struct store_event *stored, const struct error *why)
{
    struct journal *journal = flow->parts.journal;
    auto_json json_t *trace = json_pack("[{s:s}]", "error", error_text(why));
    auto_free char *text = json_dumps(trace, JSON_COMPACT);
    const struct store_route route = {
        .event = stored->event,
        .at_ms = clock_wall_ms(),
        .now_ms = clock_steady_ms(),
        .thread = stored->thread,
        .trace = text ? text : "[]",
    };

    log_error(&flow->logger, "event %s-e%lld cannot be read any more: %s",
        journal->ops->ledger_id(journal), (long long)stored->event, error_text(why));
    flow->calls++;
    journal->ops->route(journal, &route, on_unreadable_recorded, flow);
}

static unsigned manner_of(const struct store_event *stored)
{
    return (stored->losses > 0 ? (unsigned)PASSAGE_CAREFUL : 0u) |
           (stored->replay == STORE_FIRST_TIME ? 0u : (unsigned)PASSAGE_REPLAY);
}

static void take_up(struct flow *flow, const struct store_event *stored)
{
    struct journal *journal = flow->parts.journal;
    auto_error struct error error = {0};
    struct event *event = event_parse(stored->body, stored->body_len, &error);

    if (!event) {
        record_unreadable(flow, stored, &error);
        return;
    }
    struct story *story =
        story_create(event, stored->hook, stored->body, stored->body_len, stored->at_ms);
    story_set_number(story, journal->ops->ledger_id(journal), stored->event);
    passage_begin(flow->passages, story, manner_of(stored));
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    backlog_fetch(arg);
}

static void on_fetched(
    const struct error *error, const struct store_event *events, size_t count, void *arg)
{
    const struct timeval delay = clock_timeval(FLOW_AGAIN_MS);
    struct backlog *backlog = arg;
    struct flow *flow = backlog->flow;

    flow->calls--;
    backlog->is_fetching = false;
    if (error->text) {
        log_error(&flow->logger, "waiting events could not be fetched: %s", error_text(error));
        evtimer_add(backlog->again, &delay);
        return;
    }
    for (size_t i = 0; i < count; i++)
        take_up(flow, &events[i]);
    if (count == 0 && !backlog->came_meanwhile)
        backlog->has_some = false;
    backlog_fetch(backlog);
}

void backlog_fetch(struct backlog *backlog)
{
    struct flow *flow = backlog->flow;
    struct journal *journal = flow->parts.journal;

    if (!backlog->has_some || backlog->is_fetching || flow->is_stopping ||
        !passages_may_fetch(flow->passages))
        return;
    backlog->is_fetching = true;
    backlog->came_meanwhile = false;
    flow->calls++;
    journal->ops->next_events(journal, page_events, page_bytes, on_fetched, backlog);
}

struct backlog *backlog_create(struct flow *flow)
{
    struct backlog *backlog = mem_alloc(sizeof *backlog);

    backlog->flow = flow;
    backlog->again = evtimer_new(flow->parts.base, on_again, backlog);
    if (!backlog->again)
        mem_exhausted();
    return backlog;
}

void backlog_destroy(struct backlog *backlog)
{
    event_free(backlog->again);
    free(backlog);
}

void backlog_note(struct backlog *backlog)
{
    backlog->has_some = true;
    backlog->came_meanwhile = true;
    backlog_fetch(backlog);
}

bool backlog_is_empty(const struct backlog *backlog)
{
    return !backlog->has_some;
}
