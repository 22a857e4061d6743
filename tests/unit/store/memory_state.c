#include "memory_state.h"

#include <string.h>

#include "base/clock.h"

void m_remove(struct list *list, size_t size, bool (*goes)(const void *item, const void *arg),
    const void *arg)
{
    char *items = list->items;
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!goes(items + i * size, arg))
            memmove(items + kept++ * size, items + i * size, size);
    list->count = kept;
}

static struct list copy_list(const struct list *list, size_t size, struct pool *pool)
{
    struct list copy = *list;

    copy.items = pool_alloc(pool, list->room * size);
    if (list->count)
        memcpy(copy.items, list->items, list->count * size);
    return copy;
}

struct m_state m_copy(const struct m_state *state, struct pool *pool)
{
    struct m_state copy = *state;

    copy.events = copy_list(&state->events, sizeof(struct m_event), pool);
    copy.records = copy_list(&state->records, sizeof(struct m_record), pool);
    copy.objects = copy_list(&state->objects, sizeof(struct m_object), pool);
    copy.attachments = copy_list(&state->attachments, sizeof(struct m_attachment), pool);
    copy.deliveries = copy_list(&state->deliveries, sizeof(struct m_delivery), pool);
    copy.attempts = copy_list(&state->attempts, sizeof(struct m_attempt), pool);
    copy.notes = copy_list(&state->notes, sizeof(struct store_note), pool);
    copy.notifications = copy_list(&state->notifications, sizeof(struct m_notification), pool);
    copy.reads = copy_list(&state->reads, sizeof(struct m_read), pool);
    return copy;
}

struct m_event *m_event(struct m_state *state, store_id id)
{
    M_EACH (m_event, event, state->events)
        if (event->id == id)
            return event;
    return NULL;
}

struct m_delivery *m_delivery(struct m_state *state, store_id id)
{
    M_EACH (m_delivery, delivery, state->deliveries)
        if (delivery->id == id)
            return delivery;
    return NULL;
}

const struct m_object *m_object(const struct m_state *state, store_id id)
{
    M_EACH (m_object, object, state->objects)
        if (object->id == id)
            return object;
    return NULL;
}

const struct m_record *m_decision(const struct m_state *state, store_id event)
{
    M_EACH (m_record, record, state->records)
        if (record->event == event && !record->kind)
            return record;
    return NULL;
}

const struct m_record *m_last_replay(const struct m_state *state, store_id event)
{
    const struct m_record *last = NULL;

    M_EACH (m_record, record, state->records)
        if (record->event == event && record->kind && strcmp(record->kind, "replay") == 0)
            last = record;
    return last;
}

const char *m_first_receipt(const struct m_state *state, const char *sink, const char *thread)
{
    M_EACH (m_delivery, delivery, state->deliveries)
        if (delivery->leads && strcmp(delivery->sink, sink) == 0 &&
            strcmp(delivery->thread, thread) == 0)
            return delivery->receipt;
    return NULL;
}

bool m_is_waiting(const struct m_delivery *delivery)
{
    return delivery->state != STORE_FINISHED;
}

bool m_is_dead(const struct m_delivery *delivery)
{
    return delivery->state == STORE_FINISHED && delivery->result == STORE_DEAD;
}

int64_t m_count_unrouted(const struct m_state *state)
{
    int64_t count = 0;

    M_EACH (m_event, event, state->events)
        count += event->waits;
    return count;
}

int64_t m_count_waiting(const struct m_state *state)
{
    int64_t count = 0;

    M_EACH (m_delivery, delivery, state->deliveries)
        count += m_is_waiting(delivery);
    return count;
}

int64_t m_count_dead(const struct m_state *state)
{
    int64_t count = 0;

    M_EACH (m_delivery, delivery, state->deliveries)
        count += m_is_dead(delivery);
    return count;
}

/* The unfinished deliveries of one sink and thread, by number; what has no thread is alone. */
struct m_delivery *m_first_of_line(struct m_state *state, const char *sink, const char *thread)
{
    M_EACH (m_delivery, delivery, state->deliveries)
        if (*thread && m_is_waiting(delivery) && strcmp(delivery->sink, sink) == 0 &&
            strcmp(delivery->thread, thread) == 0)
            return delivery;
    return NULL;
}

struct m_delivery *m_join(struct memory *memory, const struct m_delivery *delivery)
{
    struct m_state *state = &memory->state;
    bool is_head = !m_first_of_line(state, delivery->sink, delivery->thread);
    struct m_delivery *joined = M_ADD(memory, m_delivery, state->deliveries);

    *joined = *delivery;
    joined->id = ++state->delivery;
    joined->state = is_head ? STORE_READY : STORE_BEHIND;
    return joined;
}

const char *m_end(struct m_state *state, struct m_delivery *delivery, enum store_result result,
    int64_t finished_ms, const char *reason)
{
    delivery->state = STORE_FINISHED;
    delivery->claim = 0;
    delivery->result = result;
    delivery->finished_ms = finished_ms;
    delivery->reason = reason;
    state->delivered += result == STORE_DELIVERED;
    state->skipped += result == STORE_SKIPPED;
    struct m_delivery *next = m_first_of_line(state, delivery->sink, delivery->thread);
    if (!next || next->state != STORE_BEHIND)
        return NULL;
    next->state = STORE_READY;
    return delivery->sink;
}

void m_record_later(struct memory *memory, store_id event, int64_t at_ms, store_id first,
    int64_t count, const char *kind, const char *trace)
{
    *M_ADD(memory, m_record, memory->state.records) = (struct m_record){.event = event,
        .at_ms = at_ms,
        .first = first,
        .count = count,
        .kind = kind,
        .trace = pool_text(&memory->texts, trace)};
}

bool m_was_made(const struct m_state *state, store_id event, const char *sink, store_id before)
{
    M_EACH (m_delivery, delivery, state->deliveries)
        if (delivery->event == event && delivery->id < before && strcmp(delivery->sink, sink) == 0)
            return true;
    return false;
}

/* It may have arrived, and is due again; a third loss ends it. */
static bool recover_delivery(
    struct m_state *state, struct m_delivery *delivery, int64_t now_ms, bool was_unclean)
{
    delivery->state = STORE_READY;
    delivery->claim = 0;
    delivery->losses += was_unclean;
    delivery->in_doubt = true;
    delivery->due_ms = now_ms;
    if (delivery->losses < STORE_MOST_LOSSES)
        return false;
    m_end(state, delivery, STORE_DEAD, clock_wall_ms(),
        "lost: the daemon ended three times while this was under way, so it is not tried again");
    return true;
}

/* An event that was lost a third time before it was routed is decided: a dead letter to no sink. */
static bool recover_event(
    struct memory *memory, struct m_event *event, int64_t now_ms, bool was_unclean)
{
    struct m_state *state = &memory->state;

    event->claim = 0;
    event->losses += was_unclean;
    if (event->losses < STORE_MOST_LOSSES)
        return false;
    event->waits = false;
    event->losses = 0;
    struct m_delivery *none = m_join(memory, &(struct m_delivery){.event = event->id,
                                                 .sink = "",
                                                 .thread = "",
                                                 .rule = "",
                                                 .created_ms = now_ms,
                                                 .due_ms = now_ms});
    none->in_doubt = true;
    m_end(state, none, STORE_DEAD, clock_wall_ms(),
        "lost: the daemon ended three times while this was under way, so it is not tried again");
    m_record_later(memory, event->id, clock_wall_ms(), none->id, 1,
        m_decision(state, event->id) ? "lost" : NULL,
        "[{\"error\":\"lost: the daemon ended three times before this event was routed\"}]");
    return true;
}

/* The wall clock was set back while no daemon ran: what waits would wait that much longer. */
static void follow_clock(struct m_state *state, int64_t now_ms)
{
    int64_t back_ms = state->clock_ms - now_ms;

    M_EACH (m_delivery, delivery, state->deliveries) {
        if (back_ms < 1000 || !m_is_waiting(delivery))
            continue;
        delivery->due_ms -= back_ms;
        delivery->created_ms -= back_ms;
    }
}

void m_recover(struct memory *memory, int64_t now_ms, bool was_unclean, int64_t *buried)
{
    struct m_state *state = &memory->state;

    follow_clock(state, now_ms);
    state->suspect = 0;
    M_EACH (m_delivery, delivery, state->deliveries)
        if (delivery->state == STORE_CLAIMED)
            *buried += recover_delivery(state, delivery, now_ms, was_unclean);
    M_EACH (m_event, event, state->events)
        if (event->waits && event->claim)
            *buried += recover_event(memory, event, now_ms, was_unclean);
}
