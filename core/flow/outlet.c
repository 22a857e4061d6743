/* From routed to settled: one sink's way out. It claims from the ledger what may go now, makes the
 * message anew for each attempt, and records what became of it. */
#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/view.h"
#include "flow/claim.h"
#include "flow/delivery.h"
#include "flow/drill.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "sink/sink.h"

enum {
    longest_sleep_ms = 60000, /* a timer that is too long is none */
    most_drills = 8,
};

struct outlet {
    struct flow *flow;
    char *name;
    struct logger logger;
    struct sink *sink;   /* NULL while the configuration has none of that name */
    size_t kept;         /* places promised to claims that are on their way */
    struct claims ready; /* claimed ahead of a place */
    size_t ready_count;
    struct drills drills; /* that wait for a place */
    size_t drill_count;   /* those, and what is under way of them */
    bool has_heads;       /* as far as known, deliveries are due in the ledger */
    bool is_asking;
    size_t asked;
    size_t open_deliveries; /* claimed and not settled */
    bool is_careful;        /* of what was claimed last some was lost in an unclean end */
    bool is_held_back;      /* its next is a suspect, and another sink's is being attempted */
    bool is_held;           /* sends nothing: see held.c */
    bool is_told;           /* its present trouble was raised as an alarm */
    int64_t rest_until_ms;  /* monotonic; the ledger failed: it is not asked before */
    struct event *timer;
    int64_t timer_at_ms; /* monotonic; 0: not set */
};

static void outlet_pump(struct outlet *outlet);

/* Wakes the outlet at that monotonic time, or earlier if that was agreed already. */
static void outlet_sleep(struct outlet *outlet, int64_t until_ms)
{
    int64_t now_ms = clock_mono_ms();
    int64_t delay_ms = until_ms > now_ms ? until_ms - now_ms : 0;

    if (delay_ms > longest_sleep_ms)
        delay_ms = longest_sleep_ms;
    if (outlet->timer_at_ms && outlet->timer_at_ms <= now_ms + delay_ms)
        return;
    outlet->timer_at_ms = now_ms + delay_ms;
    struct timeval delay = clock_timeval(delay_ms);
    evtimer_add(outlet->timer, &delay);
}

static void outlet_sleep_until_due(struct outlet *outlet, int64_t due_ms)
{
    outlet_sleep(outlet, clock_mono_ms() + (due_ms - clock_steady_ms()));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct outlet *outlet = arg;

    (void)fd, (void)what;
    outlet->timer_at_ms = 0;
    outlet_wake(outlet);
}

struct outlet *outlet_create(struct flow *flow, const char *name)
{
    struct outlet *outlet = mem_alloc(sizeof *outlet);

    outlet->flow = flow;
    outlet->name = text_copy(name);
    outlet->logger = logger_with(flow->parts.logger, "sink", outlet->name);
    TAILQ_INIT(&outlet->ready);
    TAILQ_INIT(&outlet->drills);
    outlet->timer = evtimer_new(flow->parts.base, on_timer, outlet);
    if (!outlet->timer)
        mem_exhausted();
    return outlet;
}

static struct claim *take_ready(struct outlet *outlet)
{
    struct claim *claim = TAILQ_FIRST(&outlet->ready);

    TAILQ_REMOVE(&outlet->ready, claim, link);
    outlet->ready_count--;
    return claim;
}

void outlet_destroy(struct outlet *outlet)
{
    while (outlet->ready_count > 0)
        claim_destroy(take_ready(outlet));
    drills_refuse(&outlet->drills, NULL);
    event_free(outlet->timer);
    free(outlet->name);
    free(outlet);
}

void outlet_set_sink(struct outlet *outlet, struct sink *sink)
{
    if (outlet->sink != sink)
        outlet->is_told = false;
    outlet->sink = sink;
}

const char *outlet_name(const struct outlet *outlet)
{
    return outlet->name;
}

bool outlet_is_idle(const struct outlet *outlet)
{
    return outlet->open_deliveries == 0 && outlet->ready_count == 0 && outlet->drill_count == 0 &&
           !outlet->is_asking;
}

static size_t outlet_room(struct outlet *outlet, int64_t *next_ms)
{
    size_t room = sink_room(outlet->sink, !outlet->is_careful, clock_mono_ms(), next_ms);
    size_t promised = outlet->kept + outlet->ready_count;

    return room > promised ? room - promised : 0;
}

static bool may_send(const struct outlet *outlet)
{
    const struct flow *flow = outlet->flow;

    return outlet->sink && flow->is_open && !flow->is_stopping && !outlet->is_held;
}

/* Whoever waits in the ledger was first, and may be more urgent: a few may pass where that costs
 * them next to nothing. */
static size_t room_for_new(struct outlet *outlet)
{
    size_t promised = outlet->kept + outlet->ready_count;
    size_t to_pass = outlet->is_careful ? 0 : sink_room_to_pass(outlet->sink);
    bool must_pass = outlet->has_heads || outlet->is_asking;
    int64_t next_ms;

    if (outlet->has_heads && to_pass == 0)
        return 0;
    size_t room = sink_room(outlet->sink, !outlet->is_careful, clock_mono_ms(), &next_ms);
    if (must_pass && room > 0)
        room += to_pass;
    return room > promised ? room - promised : 0;
}

bool outlet_keep_place(struct outlet *outlet)
{
    if (!may_send(outlet) || room_for_new(outlet) == 0)
        return false;
    outlet->kept++;
    return true;
}

void outlet_give_place_back(struct outlet *outlet)
{
    assert(outlet->kept > 0);
    outlet->kept--;
    outlet_pump(outlet);
}

void outlet_wake(struct outlet *outlet)
{
    outlet->has_heads = true;
    outlet_pump(outlet);
}

void outlet_go_on(struct outlet *outlet)
{
    outlet_pump(outlet);
}

void outlet_hold(struct outlet *outlet, bool is_held)
{
    outlet->is_held = is_held;
    outlet_wake(outlet);
}

bool outlet_is_behind(const struct outlet *outlet, int64_t now_ms)
{
    return (outlet->has_heads || outlet->is_asking) && may_send(outlet) &&
           sink_could_take_more(outlet->sink, now_ms);
}

struct sink *outlet_sink(const struct outlet *outlet)
{
    return outlet->sink;
}

/* A suspect may have been settled, and the next one's sink may be another. */
static void wake_held_back(struct flow *flow)
{
    for (size_t i = 0; i < flow->outlet_count; i++) {
        struct outlet *outlet = flow->outlets[i];
        if (outlet->is_held_back) {
            outlet->is_held_back = false;
            outlet_wake(outlet);
        }
    }
}

static void on_delivery_over(enum delivery_end end, int64_t due_ms, void *arg)
{
    struct outlet *outlet = arg;

    assert(outlet->open_deliveries > 0);
    outlet->open_deliveries--;
    alarm_about_sink(outlet->flow, outlet, &outlet->is_told);
    fallbacks_note_over(outlet->flow->fallbacks, outlet);
    wake_held_back(outlet->flow);
    if (end == DELIVERY_PROMOTED)
        outlet->has_heads = true;
    if (end == DELIVERY_WAITS)
        outlet_sleep_until_due(outlet, due_ms);
    outlet_pump(outlet);
}

/* Asked for in the round in which the outcome goes to the ledger, the next claims share its commit.
 */
static void on_delivery_attempted(void *arg)
{
    outlet_pump(arg);
}

static const struct delivery_watch watch = {
    .attempted = on_delivery_attempted,
    .over = on_delivery_over,
};

/* Nothing is asked of the ledger for a while. */
static void outlet_rest(struct outlet *outlet)
{
    outlet->rest_until_ms = clock_mono_ms() + FLOW_AGAIN_MS;
    outlet_sleep(outlet, outlet->rest_until_ms);
}

static void on_released(const struct error *error, void *arg)
{
    struct outlet *outlet = arg;

    outlet->flow->calls--;
    outlet->open_deliveries--;
    if (error->text) {
        log_error(&outlet->logger, "a delivery could not be given back: %s", error_text(error));
        outlet_rest(outlet);
    }
    wake_held_back(outlet->flow);
    outlet_wake(outlet);
}

/* Nothing was sent: no attempt is counted, and the delivery is not in doubt. */
static void release_claim(struct outlet *outlet, const struct store_claimed *claimed)
{
    struct journal *journal = outlet->flow->parts.journal;
    const struct store_hold hold = {claimed->delivery, claimed->claim};

    outlet->flow->calls++;
    outlet->open_deliveries++;
    journal->ops->release(journal, &hold, 1, on_released, outlet);
}

static void attempt(struct outlet *outlet, const struct store_claimed *claimed, struct story *story)
{
    outlet->open_deliveries++;
    delivery_attempt(outlet->flow, outlet->sink, claimed, story, &watch, outlet);
}

/* Between the claim and now an order to stop may have come, or the answer to another delivery that
 * shut the sink. */
static bool may_attempt(const struct outlet *outlet)
{
    return may_send(outlet) && gate_admits(&outlet->sink->gate, 1, clock_mono_ms()) > 0;
}

void outlet_begin(struct outlet *outlet, const struct store_claimed *claimed, struct story *story)
{
    assert(outlet->kept > 0);
    outlet->kept--;
    if (!may_attempt(outlet)) {
        release_claim(outlet, claimed);
    } else if (sink_places(outlet->sink) > 0) {
        attempt(outlet, claimed, story);
    } else {
        struct claim *claim = claim_create(outlet, claimed, story);
        TAILQ_INSERT_TAIL(&outlet->ready, claim, link);
        outlet->ready_count++;
    }
}

/* Places are free, or nothing may be sent any more. */
static void begin_ready(struct outlet *outlet)
{
    while (outlet->ready_count > 0) {
        bool may = may_attempt(outlet);
        if (may && sink_places(outlet->sink) == 0)
            return;
        struct claim *claim = take_ready(outlet);
        if (may)
            attempt(outlet, &claim->claimed, claim->story);
        else
            release_claim(outlet, &claim->claimed);
        claim_destroy(claim);
    }
}

void outlet_cannot_begin(
    struct outlet *outlet, const struct store_claimed *claimed, const char *reason)
{
    log_error(&outlet->logger, "a delivery's event could not be read: %s", reason);
    assert(outlet->kept > 0);
    outlet->kept--;
    outlet_rest(outlet);
    release_claim(outlet, claimed);
}

static void take_up(struct outlet *outlet, const struct store_claimed *claimed)
{
    struct flow *flow = outlet->flow;
    struct story *story = shelf_take(flow->shelf, claimed->event);

    if (story || !may_send(outlet))
        outlet_begin(outlet, claimed, story);
    else
        loadings_add(flow->loadings, claim_create(outlet, claimed, NULL));
    story_release(story);
}

/* What was lost once may not be claimed without being attempted: with the third loss it would be a
 * dead letter that nobody tried. */
static bool has_losses(const struct store_claimed *claimed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (claimed[i].losses > 0)
            return true;
    return false;
}

static void on_claimed(const struct error *error, const struct store_claimed *claimed, size_t count,
    const struct store_rest *rest, void *arg)
{
    struct outlet *outlet = arg;

    outlet->flow->calls--;
    outlet->is_asking = false;
    assert(count <= outlet->asked);
    outlet->kept -= outlet->asked - count;
    if (error->text) {
        log_error(&outlet->logger, "the ledger gave no deliveries: %s", error_text(error));
        outlet_rest(outlet);
        return;
    }
    /* A wake-up that came after the question is still true. */
    outlet->has_heads |= rest->more;
    outlet->is_held_back = rest->is_held_back;
    outlet->is_careful = has_losses(claimed, count);
    for (size_t i = 0; i < count; i++)
        take_up(outlet, &claimed[i]);
    if (rest->next_due_ms)
        outlet_sleep_until_due(outlet, rest->next_due_ms);
    outlet_pump(outlet);
}

static void claim_more(struct outlet *outlet)
{
    struct journal *journal = outlet->flow->parts.journal;
    int64_t next_ms;

    if (!outlet->has_heads || outlet->is_asking || !may_send(outlet))
        return;
    if (clock_mono_ms() < outlet->rest_until_ms) {
        outlet_sleep(outlet, outlet->rest_until_ms);
        return;
    }
    size_t room = outlet_room(outlet, &next_ms);
    if (room == 0) {
        if (next_ms)
            outlet_sleep(outlet, next_ms);
        return;
    }
    if (!turn_is_ours(outlet->flow->turn))
        return;
    outlet->has_heads = false;
    outlet->is_asking = true;
    outlet->asked = room;
    outlet->kept += room;
    outlet->flow->calls++;
    journal->ops->claim(journal, outlet->name, room, clock_steady_ms(), on_claimed, outlet);
}

/* Neither a gate nor a hold keeps a drill back: somebody wants to know now. */
static void begin_drills(struct outlet *outlet)
{
    if (outlet->flow->is_stopping)
        drills_refuse(&outlet->drills, "tocsin is stopping");
    else if (outlet->sink)
        drills_begin(&outlet->drills, outlet->sink);
    else
        drills_refuse(&outlet->drills, "the sink has left the configuration");
}

bool outlet_takes_drills(const struct outlet *outlet)
{
    return outlet->drill_count < most_drills;
}

void outlet_begin_drill(struct outlet *outlet, struct drill *drill)
{
    outlet->drill_count++;
    drills_add(&outlet->drills, drill);
    outlet_pump(outlet);
}

/* It may have opened the gate. */
void outlet_end_drill(struct outlet *outlet)
{
    assert(outlet->drill_count > 0);
    outlet->drill_count--;
    outlet_wake(outlet);
}

static void outlet_pump(struct outlet *outlet)
{
    begin_drills(outlet);
    begin_ready(outlet);
    claim_more(outlet);
}
