#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "memory_state.h"
#include "store/sought.h"

struct memory_archive {
    struct archive archive;
    struct memory *memory;
};

static struct memory *memory_of(struct archive *archive)
{
    return ((struct memory_archive *)archive)->memory;
}

static bool is_within(int64_t time_ms, int64_t since_ms, int64_t until_ms)
{
    return time_ms >= since_ms && (!until_ms || time_ms <= until_ms);
}

static bool is_same(const char *wanted, const char *found)
{
    return !wanted || strcmp(wanted, found) == 0;
}

static bool is_event_meant(const struct archive_events *filter, const struct m_event *event)
{
    return is_within(event->at_ms, filter->since_ms, filter->until_ms) &&
           is_same(filter->hook, event->hook) && is_same(filter->type, event->type) &&
           is_same(filter->action, event->action) && is_same(filter->thread, event->thread);
}

static struct archive_event tell_event(const struct m_state *state, const struct m_event *event)
{
    int64_t deliveries = 0;

    M_EACH (m_record, record, state->records)
        deliveries += record->event == event->id ? record->count : 0;
    return (struct archive_event){
        .event = event->id,
        .at_ms = event->at_ms,
        .hook = event->hook,
        .type = event->type,
        .action = event->action,
        .thread = event->thread,
        .duplicates = event->duplicates,
        .is_routed = m_decision(state, event->id) != NULL,
        .deliveries = deliveries,
    };
}

static enum archive_fate fate_of(const struct m_delivery *delivery)
{
    if (m_is_waiting(delivery))
        return ARCHIVE_IS_WAITING;
    return delivery->result == STORE_DELIVERED ? ARCHIVE_IS_DELIVERED
           : delivery->result == STORE_DEAD    ? ARCHIVE_IS_DEAD
                                               : ARCHIVE_IS_SKIPPED;
}

static bool has_sought_delivery(
    const struct m_state *state, const struct archive_events *filter, struct archive_event *event)
{
    bool is_found = !sought_by_delivery(filter);

    M_EACH (m_delivery, delivery, state->deliveries) {
        if (delivery->event != event->event)
            continue;
        event->fates[fate_of(delivery)]++;
        is_found |= sought_delivery(filter, delivery->sink, delivery->rule, fate_of(delivery));
    }
    M_EACH (m_record, record, state->records)
        is_found |= record->event == event->event && sought_trace(filter, record->trace);
    return is_found;
}

static bool is_routed_as_meant(
    const struct archive_events *filter, const struct archive_event *event)
{
    if (filter->fate == ARCHIVE_IS_UNROUTED)
        return !event->is_routed;
    return filter->fate != ARCHIVE_IS_FOR_NOBODY || (event->is_routed && event->deliveries == 0);
}

/* Whether a walk that has looked at so many, and shown so many, ends before this one. */
static bool is_at_end(size_t seen, size_t shown, size_t limit)
{
    return shown == limit || seen == ARCHIVE_MOST_SEEN;
}

static bool find_events(struct archive *archive, const struct archive_events *filter,
    archive_event_visit visit, void *arg, struct archive_cursor *cursor, struct error *error)
{
    const struct m_state *state = &memory_of(archive)->state;
    const struct m_event *events = state->events.items;
    size_t seen = 0, shown = 0;

    (void)error;
    *cursor = (struct archive_cursor){.before = filter->before};
    for (size_t i = state->events.count; i-- > 0;) {
        if (filter->before && events[i].id >= filter->before)
            continue;
        cursor->more = is_at_end(seen++, shown, filter->limit);
        if (cursor->more)
            break;
        cursor->before = events[i].id;
        struct archive_event told = tell_event(state, &events[i]);
        if (!is_event_meant(filter, &events[i]) ||
            (filter->is_wanted && !filter->is_wanted(&told, filter->arg)))
            continue;
        struct pool pool = {0};
        struct store_loaded loaded = {0};
        m_load(memory_of(archive), told.event, &pool, &loaded);
        told.loaded = &loaded;
        if (is_routed_as_meant(filter, &told) && has_sought_delivery(state, filter, &told) &&
            sought_text(filter, &loaded)) {
            visit(&told, arg);
            shown++;
        }
        pool_finish(&pool);
    }
    return true;
}

static bool is_of_state(const struct archive_deliveries *filter, const struct m_delivery *delivery)
{
    return ((filter->state & ARCHIVE_WAITING) && m_is_waiting(delivery)) ||
           ((filter->state & ARCHIVE_DEAD) && m_is_dead(delivery));
}

static const struct m_attempt *last_attempt(const struct m_state *state, store_id delivery)
{
    const struct m_attempt *last = NULL;

    M_EACH (m_attempt, attempt, state->attempts)
        if (attempt->delivery == delivery)
            last = attempt;
    return last;
}

static struct archive_delivery tell_delivery(
    const struct m_state *state, const struct m_delivery *delivery)
{
    const struct m_attempt *attempt = last_attempt(state, delivery->id);
    bool waits = m_is_waiting(delivery);

    return (struct archive_delivery){
        .delivery = delivery->id,
        .event = delivery->event,
        .state = delivery->state,
        .sink = delivery->sink,
        .thread = delivery->thread,
        .rule = delivery->rule,
        .level = delivery->level,
        .attempts = delivery->attempts,
        .losses = delivery->losses,
        .in_doubt = delivery->in_doubt,
        .moved = delivery->moved,
        .created_ms = delivery->created_ms,
        .due_ms = waits ? delivery->due_ms : 0,
        .finished_ms = delivery->finished_ms,
        .status = attempt ? attempt->status : 0,
        .reason = waits ? (attempt ? attempt->reason : NULL) : delivery->reason,
    };
}

static bool find_deliveries(struct archive *archive, const struct archive_deliveries *filter,
    archive_delivery_visit visit, void *arg, struct archive_cursor *cursor, struct error *error)
{
    const struct m_state *state = &memory_of(archive)->state;
    const struct m_delivery *deliveries = state->deliveries.items;
    size_t seen = 0, shown = 0;

    (void)error;
    *cursor = (struct archive_cursor){.before = filter->before};
    for (size_t i = state->deliveries.count; i-- > 0;) {
        const struct m_delivery *delivery = &deliveries[i];
        int64_t time_ms = m_is_waiting(delivery) ? delivery->created_ms : delivery->finished_ms;
        if ((filter->before && delivery->id >= filter->before) || !is_of_state(filter, delivery))
            continue;
        cursor->more = is_at_end(seen++, shown, filter->limit);
        if (cursor->more)
            break;
        cursor->before = delivery->id;
        if (!is_same(filter->sink, delivery->sink) ||
            !is_within(time_ms, filter->since_ms, filter->until_ms))
            continue;
        struct archive_delivery told = tell_delivery(state, delivery);
        visit(&told, arg);
        shown++;
    }
    return true;
}

static char *get_event(struct archive *archive, store_id event, struct error *error)
{
    char *story = m_story(memory_of(archive), event);

    if (!story)
        error_set(error, "event %" PRId64 " is not in the ledger", event);
    return story;
}

/* Deliveries stand in the order of their numbers. */
static bool oldest(
    struct archive *archive, archive_oldest_visit visit, void *arg, struct error *error)
{
    const struct m_state *state = &memory_of(archive)->state;

    (void)error;
    M_EACH (m_delivery, delivery, state->deliveries) {
        bool is_first = m_is_waiting(delivery);
        for (const struct m_delivery *other = state->deliveries.items; other < delivery; other++)
            is_first &= !m_is_waiting(other) || strcmp(other->sink, delivery->sink) != 0;
        if (is_first)
            visit(delivery->sink, delivery->created_ms, arg);
    }
    return true;
}

static bool counts(struct archive *archive, struct archive_counts *counts, struct error *error)
{
    const struct m_state *state = &memory_of(archive)->state;

    (void)error;
    *counts = (struct archive_counts){
        .events = state->event,
        .unrouted = m_count_unrouted(state),
        .waiting = m_count_waiting(state),
        .dead = m_count_dead(state),
        .delivered = state->delivered,
        .skipped = state->skipped,
    };
    return true;
}

/* What was lost before it was decided went to nobody. */
static void show_recorded(
    struct memory *memory, store_id event, archive_scan_visit visit, void *arg)
{
    const struct m_record *decision = m_decision(&memory->state, event);
    struct list sinks = {0}, rules = {0};
    struct store_loaded loaded;
    struct pool pool = {0};

    m_load(memory, event, &pool, &loaded);
    for (int64_t i = 0; decision && i < decision->count; i++) {
        const struct m_delivery *delivery = m_delivery(&memory->state, decision->first + i);
        if (!*delivery->sink)
            continue;
        *(const char **)list_add(&sinks, &pool, sizeof(char *)) = delivery->sink;
        *(const char **)list_add(&rules, &pool, sizeof(char *)) = delivery->rule;
    }
    visit(&(struct archive_recorded){.loaded = &loaded,
              .is_routed = decision != NULL,
              .trace = decision ? decision->trace : NULL,
              .sinks = sinks.items,
              .rules = rules.items,
              .delivery_count = sinks.count},
        arg);
    pool_finish(&pool);
}

static bool scan(struct archive *archive, const struct archive_scan *filter,
    archive_scan_visit visit, void *arg, store_id *last, bool *more, struct error *error)
{
    struct memory *memory = memory_of(archive);
    size_t seen = 0, shown = 0;

    (void)error;
    *last = filter->after;
    *more = false;
    M_EACH (m_event, event, memory->state.events) {
        if (event->id <= filter->after)
            continue;
        if (filter->before && event->id >= filter->before)
            break;
        *more = is_at_end(seen++, shown, filter->limit);
        if (*more)
            break;
        *last = event->id;
        if (!is_within(event->at_ms, filter->since_ms, filter->until_ms))
            continue;
        show_recorded(memory, event->id, visit, arg);
        shown++;
    }
    return true;
}

static bool find_notifications(struct archive *archive, const struct archive_notifications *filter,
    archive_notification_visit visit, void *arg, struct archive_cursor *cursor, int64_t *unread,
    struct error *error)
{
    (void)error;
    return m_find_notifications(&memory_of(archive)->state, filter, visit, arg, cursor, unread);
}

static const char *ledger_id(struct archive *archive)
{
    (void)archive;
    return "memory";
}

static void close_archive(struct archive *archive)
{
    free(archive);
}

struct archive *memory_archive_open(struct memory *memory)
{
    static const struct archive_ops ops = {
        .find_events = find_events,
        .find_deliveries = find_deliveries,
        .find_notifications = find_notifications,
        .get_event = get_event,
        .oldest = oldest,
        .counts = counts,
        .scan = scan,
        .ledger_id = ledger_id,
        .close = close_archive,
    };
    struct memory_archive *archive = mem_alloc(sizeof *archive);

    archive->archive.ops = &ops;
    archive->memory = memory;
    return &archive->archive;
}
