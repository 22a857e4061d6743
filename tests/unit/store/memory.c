#include "memory.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memory_state.h"

struct memory_journal {
    struct journal journal;
    struct memory *memory;
    struct event *answers_wait;
    struct answer *first, **last;
    int64_t buried;
};

static struct memory_journal *engine_of(struct journal *journal)
{
    return (struct memory_journal *)journal;
}

struct memory *memory_create(void)
{
    return mem_alloc(sizeof(struct memory));
}

void memory_destroy(struct memory *memory)
{
    if (memory)
        pool_finish(&memory->texts);
    free(memory);
}

static void answer_destroy(struct answer *answer)
{
    pool_finish(&answer->pool);
    error_finish(&answer->error);
    free(answer);
}

/* What a done asks for is answered in the next round. */
static void on_answers(evutil_socket_t fd, short events, void *arg)
{
    struct memory_journal *engine = arg;
    struct answer *answer = engine->first;

    (void)fd, (void)events;
    engine->first = NULL;
    engine->last = &engine->first;
    while (answer) {
        struct answer *next = answer->next;
        answer->tell(answer);
        answer_destroy(answer);
        answer = next;
    }
}

/* The work is done at once, and told on the loop in the order of the calls. */
static struct answer *answer_later(
    struct journal *journal, void (*tell)(const struct answer *answer), void *arg)
{
    struct memory_journal *engine = engine_of(journal);
    struct answer *answer = mem_alloc(sizeof *answer);

    answer->tell = tell;
    answer->arg = arg;
    engine->memory->state.clock_ms = clock_steady_ms();
    if (!engine->first)
        event_active(engine->answers_wait, EV_TIMEOUT, 0);
    *engine->last = answer;
    engine->last = &answer->next;
    return answer;
}

static void tell_accepted(const struct answer *answer)
{
    answer->done.accept(&answer->error, &answer->accepted, answer->arg);
}

static void do_accept(
    struct journal *journal, const struct store_accept *in, store_accept_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_accepted, arg);

    answer->done.accept = done;
    m_accept(engine_of(journal)->memory, in, answer);
}

static void tell_events(const struct answer *answer)
{
    answer->done.events(&answer->error, answer->items.items, answer->items.count, answer->arg);
}

static void do_next_events(
    struct journal *journal, size_t max, size_t bytes, store_events_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_events, arg);

    answer->done.events = done;
    m_next_events(engine_of(journal)->memory, max, bytes, answer);
}

static void tell_routed(const struct answer *answer)
{
    answer->done.route(&answer->error, answer->items.items, answer->items.count,
        answer->objects.items, answer->objects.count, answer->arg);
}

static void do_route(
    struct journal *journal, const struct store_route *in, store_route_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_routed, arg);

    answer->done.route = done;
    m_route(engine_of(journal)->memory, in, answer);
}

static void tell_claimed(const struct answer *answer)
{
    answer->done.claim(
        &answer->error, answer->items.items, answer->items.count, &answer->rest, answer->arg);
}

static void do_claim(struct journal *journal, const char *sink, size_t max, int64_t now_ms,
    store_claim_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_claimed, arg);

    answer->done.claim = done;
    m_claim(engine_of(journal)->memory, sink, max, now_ms, answer);
}

static void tell_settled(const struct answer *answer)
{
    answer->done.settle(&answer->error, answer->settled, answer->arg);
}

static void do_settle(
    struct journal *journal, const struct store_settle *in, store_settle_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_settled, arg);

    answer->done.settle = done;
    m_settle(engine_of(journal)->memory, in, answer);
}

static void tell_done(const struct answer *answer)
{
    answer->done.done(&answer->error, answer->arg);
}

static void do_release(struct journal *journal, const struct store_hold *holds, size_t count,
    store_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_done, arg);

    answer->done.done = done;
    m_release(engine_of(journal)->memory, holds, count, answer);
}

static void tell_loaded(const struct answer *answer)
{
    answer->done.load(&answer->error, answer->error.text ? NULL : &answer->loaded, answer->arg);
}

static void do_load(struct journal *journal, store_id event, store_load_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_loaded, arg);

    answer->done.load = done;
    m_load(engine_of(journal)->memory, event, &answer->pool, &answer->loaded);
    if (!answer->loaded.event)
        error_set(&answer->error, "event %" PRId64 " is not in the ledger", event);
}

static void tell_pruned(const struct answer *answer)
{
    answer->done.prune(&answer->error, answer->more, answer->arg);
}

static void do_prune(struct journal *journal, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms,
    store_prune_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_pruned, arg);

    answer->done.prune = done;
    m_prune(engine_of(journal)->memory, now_ms, keep_ms, keep_dead_ms);
}

static void tell_changes(const struct answer *answer)
{
    answer->done.changes(&answer->error, &answer->changes, answer->arg);
}

static void do_retry(
    struct journal *journal, const struct store_retry *in, store_changes_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_changes, arg);

    answer->done.changes = done;
    m_retry(engine_of(journal)->memory, in, answer);
}

static void do_finish(
    struct journal *journal, const struct store_finish *in, store_changes_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_changes, arg);

    answer->done.changes = done;
    m_finish(engine_of(journal)->memory, in, answer);
}

static void do_move(
    struct journal *journal, const struct store_move *in, store_changes_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_changes, arg);

    answer->done.changes = done;
    m_move(engine_of(journal)->memory, in, answer);
}

static void do_replay(
    struct journal *journal, const struct store_replays *in, store_changes_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_changes, arg);

    answer->done.changes = done;
    m_replay(engine_of(journal)->memory, in, answer);
}

static void do_note_put(
    struct journal *journal, const char *key, const char *value, store_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_done, arg);

    answer->done.done = done;
    m_note_put(engine_of(journal)->memory, key, value);
}

static void tell_notes(const struct answer *answer)
{
    answer->done.notes(&answer->error, answer->items.items, answer->items.count, answer->arg);
}

static void do_note_list(
    struct journal *journal, const char *prefix, store_notes_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_notes, arg);

    answer->done.notes = done;
    m_note_list(engine_of(journal)->memory, prefix, answer);
}

static void do_mark_read(
    struct journal *journal, const struct store_mark_read *in, store_done done, void *arg)
{
    struct answer *answer = answer_later(journal, tell_done, arg);

    answer->done.done = done;
    m_mark_read(engine_of(journal)->memory, in);
}

static void health(struct journal *journal, struct store_health *health)
{
    const struct m_state *state = &engine_of(journal)->memory->state;

    *health = (struct store_health){
        .writable = true,
        .unrouted = m_count_unrouted(state),
        .waiting = m_count_waiting(state),
        .dead = m_count_dead(state),
        .delivered = state->delivered,
        .skipped = state->skipped,
        .events = state->event,
        .buried = engine_of(journal)->buried,
    };
}

static int64_t count_queue(const struct m_state *state, const char *sink)
{
    int64_t waiting = 0;

    M_EACH (m_delivery, delivery, state->deliveries)
        waiting += m_is_waiting(delivery) && strcmp(delivery->sink, sink) == 0;
    return waiting;
}

static bool is_first_of_sink(const struct m_state *state, const struct m_delivery *delivery)
{
    M_EACH (m_delivery, other, state->deliveries)
        if (strcmp(other->sink, delivery->sink) == 0)
            return other == delivery;
    return false;
}

static void visit_queues(struct journal *journal, store_queue_visit visit, void *arg)
{
    const struct m_state *state = &engine_of(journal)->memory->state;

    M_EACH (m_delivery, delivery, state->deliveries)
        if (is_first_of_sink(state, delivery))
            visit(&(struct store_queue){delivery->sink, count_queue(state, delivery->sink)}, arg);
}

static const char *ledger_id(struct journal *journal)
{
    (void)journal;
    return "memory";
}

static void destroy(struct memory_journal *engine)
{
    event_free(engine->answers_wait);
    free(engine);
}

static void close_journal(struct journal *journal)
{
    struct memory_journal *engine = engine_of(journal);

    while (engine->first)
        on_answers(-1, 0, engine);
    engine->memory->is_open = false;
    destroy(engine);
}

void memory_journal_die(struct journal *journal)
{
    struct memory_journal *engine = engine_of(journal);

    while (engine->first) {
        struct answer *answer = engine->first;
        engine->first = answer->next;
        answer_destroy(answer);
    }
    destroy(engine);
}

struct journal *memory_journal_open(struct memory *memory, struct event_base *base)
{
    static const struct journal_ops ops = {
        .accept = do_accept,
        .next_events = do_next_events,
        .route = do_route,
        .claim = do_claim,
        .settle = do_settle,
        .release = do_release,
        .load = do_load,
        .prune = do_prune,
        .retry = do_retry,
        .finish = do_finish,
        .move = do_move,
        .replay = do_replay,
        .note_put = do_note_put,
        .note_list = do_note_list,
        .mark_read = do_mark_read,
        .health = health,
        .queues = visit_queues,
        .ledger_id = ledger_id,
        .close = close_journal,
    };
    struct memory_journal *engine = mem_alloc(sizeof *engine);

    engine->journal.ops = &ops;
    engine->memory = memory;
    engine->last = &engine->first;
    engine->answers_wait = event_new(base, -1, 0, on_answers, engine);
    m_recover(memory, clock_steady_ms(), memory->is_open, &engine->buried);
    memory->is_open = true;
    return &engine->journal;
}
