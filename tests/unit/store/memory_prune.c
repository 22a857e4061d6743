/* Forgetting: an event goes whole, with all that came of it. */
#include "memory_state.h"

#include <string.h>

static bool is_of_event(const struct m_record *record, store_id delivery)
{
    return delivery >= record->first && delivery < record->first + record->count;
}

/* All that came of it has ended, and for long enough: dead letters longer; and it is outside its
 * dedupe window. */
static bool is_over(const struct m_state *state, const struct m_event *event, int64_t now_ms,
    int64_t keep_ms, int64_t keep_dead_ms)
{
    const struct m_record *decision = m_decision(state, event->id);
    bool has_dead = false;

    if (event->waits || !decision || event->dedupe_until_ms > now_ms)
        return false;
    int64_t ended_ms = decision->at_ms;
    M_EACH (m_delivery, delivery, state->deliveries) {
        if (delivery->event != event->id)
            continue;
        if (m_is_waiting(delivery))
            return false;
        has_dead |= m_is_dead(delivery);
        if (delivery->finished_ms > ended_ms)
            ended_ms = delivery->finished_ms;
    }
    return ended_ms < now_ms - (has_dead ? keep_dead_ms : keep_ms);
}

static bool attempt_goes(const void *item, const void *arg)
{
    return is_of_event(arg, ((const struct m_attempt *)item)->delivery);
}

static bool delivery_goes(const void *item, const void *arg)
{
    return ((const struct m_delivery *)item)->event == *(const store_id *)arg;
}

static bool record_goes(const void *item, const void *arg)
{
    return ((const struct m_record *)item)->event == *(const store_id *)arg;
}

static bool attachment_goes(const void *item, const void *arg)
{
    return ((const struct m_attachment *)item)->event == *(const store_id *)arg;
}

static bool event_goes(const void *item, const void *arg)
{
    return ((const struct m_event *)item)->id == *(const store_id *)arg;
}

/* Objects that nobody refers to any more. */
static bool object_goes(const void *item, const void *arg)
{
    const struct m_state *state = arg;

    M_EACH (m_attachment, attachment, state->attachments)
        if (attachment->object == ((const struct m_object *)item)->id)
            return false;
    return true;
}

static void forget(struct m_state *state, store_id event)
{
    M_EACH (m_delivery, delivery, state->deliveries)
        if (delivery->event == event)
            m_forget_notification(state, delivery->id);
    M_EACH (m_record, record, state->records)
        if (record->event == event)
            m_remove(&state->attempts, sizeof(struct m_attempt), attempt_goes, record);
    m_remove(&state->deliveries, sizeof(struct m_delivery), delivery_goes, &event);
    m_remove(&state->records, sizeof(struct m_record), record_goes, &event);
    m_remove(&state->attachments, sizeof(struct m_attachment), attachment_goes, &event);
    m_remove(&state->objects, sizeof(struct m_object), object_goes, state);
    m_remove(&state->events, sizeof(struct m_event), event_goes, &event);
}

/* A whole pass, where the other engine takes steps: the first event that was accepted too late ends
 * it. */
void m_prune(struct memory *memory, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms)
{
    struct m_state *state = &memory->state;
    const struct m_event *events = state->events.items;
    size_t i = 0;

    while (i < state->events.count &&
           (!m_decision(state, events[i].id) || events[i].at_ms < now_ms - keep_ms)) {
        if (is_over(state, &events[i], now_ms, keep_ms, keep_dead_ms))
            forget(state, events[i].id);
        else
            i++;
    }
}
