/* From accepted to routed. Events of one thread pass one after the other: the next is decided when
 * the ledger has the decision of the one before, so that an update never overtakes its creation.
 * Memory is bounded: what does not fit waits in the ledger and is fetched in order. */
#include <assert.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/error.h"
#include "base/mem.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "event/view.h"
#include "flow/flow-private.h"
#include "flow/recollection.h"
#include "flow/story.h"
#include "flow/tally.h"
#include "rule/ruleset.h"

enum {
    most_bytes = 16 << 20, /* of bodies on their way; an event counts its overhead too */
    event_overhead = 4096,
};

/* Where it is on its way. */
enum passage_state {
    PASSAGE_ASKING,     /* for its object: whoever was asked will tell */
    PASSAGE_RECALLS,    /* the ledger did not give its objects: it is to be asked again */
    PASSAGE_RECOLLECTS, /* at its turn the last recorded object is to be found */
    PASSAGE_READY,      /* it has its object, or there is none */
    PASSAGE_ROUTING,    /* the ledger has been told of the decision */
};

struct passage {
    TAILQ_ENTRY(passage) link; /* line::passages */
    struct line *line;
    struct story *story;
    enum passage_state state;
    bool is_careful;
    struct outlet **kept; /* where places are kept, by delivery; NULL entries: none */
    size_t kept_count;
};

/* The events of one thread, in order. An event without a thread has a line to itself. */
struct line {
    UT_hash_handle hh;
    struct passages *passages;
    char *thread;
    TAILQ_HEAD(, passage) queue;
};

struct passages {
    struct flow *flow;
    struct line *lines;
    size_t bytes;
    size_t careful;      /* passages of events that were lost before */
    struct event *again; /* tries what the ledger refused */
    LIST_HEAD(, routing) routings;
};

static void line_advance(struct line *line);
static void recall(struct passage *passage);
static void remember(struct passage *passage);

static size_t weight(const struct story *story)
{
    return story->body_len + event_overhead;
}

static void schedule_again(struct passages *passages)
{
    const struct timeval delay = clock_timeval(FLOW_AGAIN_MS);

    if (!evtimer_pending(passages->again, NULL))
        evtimer_add(passages->again, &delay);
}

static struct line *line_find(struct passages *passages, const char *thread)
{
    struct line *line = NULL;

    if (*thread)
        HASH_FIND_STR(passages->lines, thread, line);
    if (line)
        return line;
    line = mem_alloc(sizeof *line);
    line->passages = passages;
    TAILQ_INIT(&line->queue);
    line->thread = *thread ? text_copy(thread)
                           : text_format("\n%p", (void *)line); /* no thread holds a newline */
    HASH_ADD_KEYPTR(hh, passages->lines, line->thread, strlen(line->thread), line);
    return line;
}

static void line_destroy(struct line *line)
{
    HASH_DELETE(hh, line->passages->lines, line);
    free(line->thread);
    free(line);
}

static void passage_destroy(struct passage *passage)
{
    struct passages *passages = passage->line->passages;

    TAILQ_REMOVE(&passage->line->queue, passage, link);
    passages->bytes -= weight(passage->story);
    passages->careful -= passage->is_careful;
    story_release(passage->story);
    free(passage->kept);
    free(passage);
}

static void give_places_back(struct passage *passage)
{
    for (size_t i = 0; i < passage->kept_count; i++)
        if (passage->kept[i])
            outlet_give_place_back(passage->kept[i]);
    free(passage->kept);
    passage->kept = NULL;
    passage->kept_count = 0;
}

/* Starts what was claimed with the decision, and wakes the sinks of what waits. */
static void begin_deliveries(
    struct passage *passage, const struct store_routed *routed, const struct decision *decision)
{
    struct flow *flow = passage->line->passages->flow;
    struct story *story = passage->story;
    size_t waiting = 0;

    for (size_t i = 0; i < decision->target_count; i++) {
        struct outlet *kept = passage->kept[i];
        if (routed[i].state == STORE_CLAIMED && kept) {
            const struct store_claimed claimed = {
                .claim = routed[i].claim,
                .delivery = routed[i].delivery,
                .event = story->number,
                .thread = story->event->thread,
                .rule = decision->targets[i].rule,
                .level = (int)story->view->level,
                .attempt = 1,
                .first_receipt = routed[i].first_receipt,
                .created_ms = clock_steady_ms(),
            };
            passage->kept[i] = NULL;
            outlet_begin(kept, &claimed, story);
        } else if (routed[i].state == STORE_READY) {
            flow_wake(flow, decision->targets[i].sink);
        }
        waiting += routed[i].state == STORE_READY || routed[i].state == STORE_BEHIND;
    }
    if (waiting)
        shelf_put(flow->shelf, story, waiting, clock_mono_ms());
}

/* A decision on its way to the ledger. */
struct routing {
    LIST_ENTRY(routing) link; /* passages::routings */
    struct passage *passage;
    const struct ruleset *rules; /* the names in the decision are theirs */
    struct decision decision;
};

static void routing_destroy(struct routing *routing)
{
    LIST_REMOVE(routing, link);
    decision_finish(&routing->decision);
    free(routing);
}

bool passages_use(const struct passages *passages, const struct ruleset *rules)
{
    const struct routing *routing;

    LIST_FOREACH (routing, &passages->routings, link)
        if (routing->rules == rules)
            return true;
    return false;
}

static void note_stored(struct story *story, const store_id *objects, size_t count)
{
    if (story->looked_up && count > 0 && objects[0])
        story->looked_up->stored = objects[0];
}

static void on_routed(const struct error *error, const struct store_routed *routed, size_t count,
    const store_id *objects, size_t object_count, void *arg)
{
    struct routing *routing = arg;
    struct passage *passage = routing->passage;
    struct line *line = passage->line;
    struct passages *passages = line->passages;

    passages->flow->calls--;
    passage->state = PASSAGE_READY;
    if (error->text) {
        log_error(&passages->flow->logger, "the decision on event %s could not be recorded: %s",
            passage->story->id, error_text(error));
        give_places_back(passage);
        schedule_again(passages);
    } else {
        assert(count == routing->decision.target_count);
        (void)count;
        note_stored(passage->story, objects, object_count);
        begin_deliveries(passage, routed, &routing->decision);
        give_places_back(passage);
        passage_destroy(passage);
    }
    routing_destroy(routing);
    if (!error->text)
        line_advance(line);
    backlog_fetch(passages->flow->backlog);
}

/* A rule that cannot be tried to its end is one that somebody should write otherwise. */
static void log_given_up(const struct passage *passage, const struct decision *decision)
{
    const struct flow *flow = passage->line->passages->flow;
    const struct logger event = logger_with(&flow->logger, "event", passage->story->id);

    for (size_t i = 0; i < decision->trace_count; i++)
        if (decision->traces[i].gave_up)
            log_warn(&event, "a pattern of the rule \"%s\" gave up after %s: it counts as no match",
                decision->traces[i].rule, decision->traces[i].gave_up);
}

static struct store_delivery *plan_deliveries(
    struct passage *passage, const struct decision *decision, int64_t now_ms)
{
    struct flow *flow = passage->line->passages->flow;
    struct store_delivery *deliveries =
        mem_alloc(decision->target_count * sizeof(struct store_delivery));

    passage->kept = mem_alloc(decision->target_count * sizeof(struct outlet *));
    passage->kept_count = decision->target_count;
    for (size_t i = 0; i < decision->target_count; i++) {
        struct outlet *outlet = flow_find_outlet(flow, decision->targets[i].sink);
        bool keeps = outlet && outlet_keep_place(outlet);
        passage->kept[i] = keeps ? outlet : NULL;
        deliveries[i] = (struct store_delivery){
            .sink = decision->targets[i].sink,
            .rule = decision->targets[i].rule,
            .level = (int)passage->story->view->level,
            .due_ms = now_ms,
            .claim = keeps,
        };
    }
    return deliveries;
}

static void passage_route(struct passage *passage)
{
    struct flow *flow = passage->line->passages->flow;
    struct journal *journal = flow->parts.journal;
    struct story *story = passage->story;
    const struct looked_up *looked_up = story->looked_up;
    struct routing *routing = mem_alloc(sizeof *routing);
    struct buf trace = {0};
    int64_t now_ms = clock_steady_ms();

    routing->passage = passage;
    routing->rules = flow->parts.rules;
    LIST_INSERT_HEAD(&passage->line->passages->routings, routing, link);
    flow_decide(flow, story, &routing->decision, &trace);
    chronicle_decided(flow, story, &routing->decision);
    log_given_up(passage, &routing->decision);
    tally_decision(flow, &routing->decision);
    flow->given_up += routing->decision.gave_up;
    struct store_delivery *deliveries = plan_deliveries(passage, &routing->decision, now_ms);
    const struct store_object object = {
        .name = looked_up ? looked_up->name : NULL,
        .status = looked_up ? looked_up->status : NULL,
        .object = looked_up ? looked_up->stored : 0,
        .bytes = looked_up ? looked_up->bytes : NULL,
        .len = looked_up ? looked_up->len : 0,
    };
    const struct store_route route = {
        .event = story->number,
        .at_ms = clock_wall_ms(),
        .now_ms = now_ms,
        .thread = story->event->thread,
        .objects = &object,
        .object_count = looked_up ? 1 : 0,
        .trace = buf_text(&trace),
        .deliveries = deliveries,
        .delivery_count = routing->decision.target_count,
    };
    passage->state = PASSAGE_ROUTING;
    flow->calls++;
    journal->ops->route(journal, &route, on_routed, routing);
    buf_finish(&trace);
    free(deliveries);
}

/* Does for the line's first event what is to be done at its turn, and forgets a line that is empty.
 */
static void line_advance(struct line *line)
{
    struct passage *first = TAILQ_FIRST(&line->queue);

    if (!first)
        line_destroy(line);
    else if (line->passages->flow->is_stopping)
        return; /* the ledger has it for the next start */
    else if (first->state == PASSAGE_RECALLS)
        recall(first);
    else if (first->state == PASSAGE_RECOLLECTS)
        remember(first);
    else if (first->state == PASSAGE_READY)
        passage_route(first);
}

static void passage_ready(struct passage *passage)
{
    passage->state = PASSAGE_READY;
    line_advance(passage->line);
}

static void on_recollected(struct looked_up *result, void *arg)
{
    struct passage *passage = arg;

    passage->story->looked_up = result ? looked_up_keep(result) : NULL;
    chronicle_looked_up(passage->line->passages->flow, passage->story);
    passage_ready(passage);
}

/* All that came before it in its thread is on the disk by now. */
static void remember(struct passage *passage)
{
    struct flow *flow = passage->line->passages->flow;

    passage->state = PASSAGE_ASKING;
    if (!recollect(flow->recollections, passage->story, on_recollected, passage))
        passage_ready(passage);
}

static void on_looked_up(struct looked_up *result, void *arg)
{
    struct passage *passage = arg;

    crash_point(CRASH_LOOKUP_BEFORE);
    alarm_about_key(passage->line->passages->flow);
    passage->story->looked_up = looked_up_keep(result);
    chronicle_looked_up(passage->line->passages->flow, passage->story);
    passage_ready(passage);
    crash_point(CRASH_LOOKUP_AFTER);
}

static void look_up(struct passage *passage)
{
    struct flow *flow = passage->line->passages->flow;
    struct looked_up *failed;

    if (enricher_look_up(
            flow->parts.enricher, passage->story->event, on_looked_up, passage, &failed))
        return;
    passage->story->looked_up = failed;
    chronicle_looked_up(flow, passage->story);
    passage->state = event_is_deleted(passage->story->event) ? PASSAGE_RECOLLECTS : PASSAGE_READY;
    line_advance(passage->line);
}

/* The ledger failed: the event is asked for again. */
static void on_recalled(const struct error *error, const struct store_loaded *loaded, void *arg)
{
    struct passage *passage = arg;
    struct flow *flow = passage->line->passages->flow;

    flow->calls--;
    if (error->text) {
        log_error(&flow->logger, "event %s could not be read again: %s", passage->story->id,
            error_text(error));
        passage->state = PASSAGE_RECALLS;
        schedule_again(passage->line->passages);
        return;
    }
    story_take_objects(passage->story, loaded, flow->parts.enricher);
    passage_ready(passage);
}

/* A replay sees what the router saw, so its objects come from the ledger. */
static void recall(struct passage *passage)
{
    struct flow *flow = passage->line->passages->flow;
    struct journal *journal = flow->parts.journal;

    passage->state = PASSAGE_ASKING;
    flow->calls++;
    journal->ops->load(journal, passage->story->number, on_recalled, passage);
}

void passage_begin(struct passages *passages, struct story *story, unsigned manner)
{
    struct line *line = line_find(passages, story->event->thread);
    struct passage *passage = mem_alloc(sizeof *passage);

    passage->line = line;
    passage->story = story;
    passage->is_careful = manner & PASSAGE_CAREFUL;
    TAILQ_INSERT_TAIL(&line->queue, passage, link);
    passages->bytes += weight(story);
    passages->careful += passage->is_careful;
    if (manner & PASSAGE_REPLAY)
        recall(passage);
    else
        look_up(passage);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    struct passages *passages = arg;
    struct line *line, *next;

    (void)fd, (void)what;
    HASH_ITER (hh, passages->lines, line, next) {
        line_advance(line);
    }
    backlog_fetch(passages->flow->backlog);
}

struct passages *passages_create(struct flow *flow)
{
    struct passages *passages = mem_alloc(sizeof *passages);

    passages->flow = flow;
    passages->again = evtimer_new(flow->parts.base, on_again, passages);
    if (!passages->again)
        mem_exhausted();
    return passages;
}

static void line_empty(struct line *line)
{
    struct passage *passage, *next;

    for (passage = TAILQ_FIRST(&line->queue); passage; passage = next) {
        next = TAILQ_NEXT(passage, link);
        give_places_back(passage);
        passage_destroy(passage);
    }
}

void passages_destroy(struct passages *passages)
{
    struct line *line, *next;

    HASH_ITER (hh, passages->lines, line, next) {
        line_empty(line);
        line_destroy(line);
    }
    event_free(passages->again);
    free(passages);
}

bool passages_have_room(const struct passages *passages)
{
    return backlog_is_empty(passages->flow->backlog) && passages->bytes <= most_bytes;
}

bool passages_may_fetch(const struct passages *passages)
{
    return passages->careful == 0 && passages->bytes <= most_bytes / 2;
}
