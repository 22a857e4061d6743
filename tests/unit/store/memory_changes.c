/* What an operator does, and a fallback; and the notes. */
#include "memory_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

/* A dry run does the same to a copy. */
static void make(struct memory *memory, bool dry_run, const void *in, struct answer *out,
    void (*act)(struct memory *memory, const void *in, struct answer *out))
{
    struct m_state real = memory->state;
    struct pool trial = {0};

    if (dry_run)
        memory->state = m_copy(&real, &trial);
    act(memory, in, out);
    struct store_change *changes = out->items.items;
    for (size_t i = 0; dry_run && i < out->items.count; i++)
        changes[i].became = 0;
    if (dry_run)
        memory->state = real;
    pool_finish(&trial);
    out->changes.items = changes;
    out->changes.count = out->items.count;
}

static void tell(struct answer *out, struct store_change change)
{
    *M_TELL(out, store_change) = change;
}

static const char *why_not(const struct m_delivery *delivery, bool takes_waiting, bool takes_dead)
{
    static const char *const finished[] = {[STORE_DELIVERED] = "was delivered",
        [STORE_SKIPPED] = "was skipped",
        [STORE_DEAD] = "is a dead letter"};

    if (!delivery)
        return "is not in the ledger";
    if (delivery->state == STORE_CLAIMED)
        return "is being attempted now";
    if (m_is_waiting(delivery))
        return takes_waiting ? NULL : "still waits, and is tried by itself";
    return takes_dead && m_is_dead(delivery) ? NULL : finished[delivery->result];
}

static bool is_meant(const struct store_pick *pick, const struct m_delivery *delivery)
{
    int64_t time_ms = m_is_waiting(delivery) ? delivery->created_ms : delivery->finished_ms;

    return (!pick->sink || strcmp(pick->sink, delivery->sink) == 0) && time_ms >= pick->since_ms &&
           (!pick->until_ms || time_ms <= pick->until_ms);
}

/* The deliveries of a pick's step: ids, because what is done to one may move the others. Of those
 * that wait or are dead, STORE_STEP are looked at. */
static struct list pick_step(struct memory *memory, const struct store_pick *pick, bool waiting,
    bool dead, bool claimed, struct answer *out)
{
    struct list ids = {0};
    int seen = 0;

    out->changes.last = pick->after;
    M_EACH (m_delivery, delivery, memory->state.deliveries) {
        bool is_of_kind = (waiting && m_is_waiting(delivery)) || (dead && m_is_dead(delivery));
        if (delivery->id <= pick->after || !is_of_kind || seen == STORE_STEP)
            continue;
        seen++;
        out->changes.last = delivery->id;
        if ((claimed || delivery->state != STORE_CLAIMED) && is_meant(pick, delivery))
            *(store_id *)list_add(&ids, &out->pool, sizeof(store_id)) = delivery->id;
    }
    out->changes.more = seen == STORE_STEP;
    return ids;
}

static struct list pick(struct memory *memory, const struct store_pick *pick, bool waiting,
    bool dead, struct answer *out)
{
    struct list ids = {.items = (void *)pick->ids, .count = pick->id_count};

    return pick->id_count ? ids : pick_step(memory, pick, waiting, dead, false, out);
}

/* Anew at its line's end there, from what it left; the old one is skipped. */
static struct store_change send_anew(struct memory *memory, store_id id, const char *to,
    const char *kind, int64_t at_ms, int64_t now_ms)
{
    struct m_delivery old = *m_delivery(&memory->state, id);
    bool is_elsewhere = strcmp(old.sink, to) != 0;
    struct store_change change = {.delivery = id, .event = old.event};
    struct m_delivery *new = m_join(memory, &(struct m_delivery){
                                                .event = old.event,
                                                .sink = pool_text(&memory->texts, to),
                                                .thread = old.thread,
                                                .rule = old.rule,
                                                .resume = is_elsewhere ? NULL : old.resume,
                                                .level = old.level,
                                                .created_ms = now_ms,
                                                .due_ms = now_ms,
                                                .in_doubt = old.in_doubt,
                                                .moved = is_elsewhere || old.moved,
                                            });
    auto_free char *trace = text_format("[{\"%s\":\"memory-d%" PRId64 "\"}]", kind, id);
    const char *before = m_is_waiting(&old) ? NULL : old.reason;
    auto_free char *reason = text_format("sent anew as memory-d%" PRId64 " to %s%s%s", new->id, to,
        before ? "; before: " : "", before ? before : "");

    change.became = new->id;
    change.sink = new->sink;
    m_record_later(memory, old.event, at_ms, new->id, 1, kind, trace);
    change.promoted = m_end(&memory->state, m_delivery(&memory->state, id), STORE_SKIPPED, at_ms,
        pool_text(&memory->texts, reason));
    if (!m_is_waiting(&old))
        change.promoted = NULL;
    return change;
}

static bool is_decision(const void *item, const void *arg)
{
    const struct m_record *record = item;

    return record->event == *(const store_id *)arg && !record->kind;
}

/* Lost before it was routed: it is routed as if for the first time. */
static struct store_change route_lost(struct memory *memory, struct m_delivery *lost, int64_t at_ms)
{
    struct m_event *event = m_event(&memory->state, lost->event);
    const struct m_record *found = m_decision(&memory->state, event->id);
    bool is_first = found && found->first == lost->id;

    if (is_first) {
        struct m_record decision = *found;
        m_remove(&memory->state.records, sizeof decision, is_decision, &decision.event);
        m_record_later(memory, event->id, decision.at_ms, lost->id, 1, "lost", decision.trace);
    }
    if (!event->waits)
        event->replay = is_first ? STORE_FIRST_TIME : STORE_REPLAY;
    event->waits = true;
    m_end(&memory->state, lost, STORE_SKIPPED, at_ms, "routed again; before: lost three times");
    return (struct store_change){.delivery = lost->id, .event = event->id};
}

static void retry(struct memory *memory, const void *arg, struct answer *out)
{
    const struct store_retry *in = arg;
    struct list ids = pick(memory, &in->pick, in->to != NULL, true, out);

    for (size_t i = 0; i < ids.count; i++) {
        store_id id = ((const store_id *)ids.items)[i];
        struct m_delivery *delivery = m_delivery(&memory->state, id);
        struct store_change change = {.delivery = id,
            .event =
                delivery && (m_is_waiting(delivery) || m_is_dead(delivery)) ? delivery->event : 0,
            .refused = why_not(delivery, in->to != NULL, true)};
        if (!change.refused && in->to && m_is_waiting(delivery) &&
            strcmp(delivery->sink, in->to) == 0)
            change.refused = "waits there already";
        if (!change.refused)
            change = *delivery->sink ? send_anew(memory, id, in->to ? in->to : delivery->sink,
                                           "retry", in->at_ms, in->now_ms)
                                     : route_lost(memory, delivery, in->at_ms);
        if (!change.refused || in->pick.id_count)
            tell(out, change);
    }
}

void m_retry(struct memory *memory, const struct store_retry *in, struct answer *out)
{
    make(memory, in->dry_run, in, out, retry);
}

static struct store_change finish_one(
    struct memory *memory, struct m_delivery *delivery, const struct store_finish *in)
{
    struct store_change change = {.delivery = delivery->id, .event = delivery->event};
    bool is_dead = m_is_dead(delivery);
    auto_free char *reason = is_dead ? text_format("%s; before: %s", in->reason,
                                           delivery->reason ? delivery->reason : "no reason given")
                                     : text_copy(in->reason);
    const char *promoted = m_end(&memory->state, delivery, in->result, in->at_ms,
        pool_text_or_empty(&memory->texts, reason));

    change.promoted = is_dead ? NULL : promoted;
    return change;
}

static void finish(struct memory *memory, const void *arg, struct answer *out)
{
    const struct store_finish *in = arg;
    bool takes_dead = in->result == STORE_SKIPPED;
    struct list ids = pick(memory, &in->pick, true, takes_dead, out);

    for (size_t i = 0; i < ids.count; i++) {
        store_id id = ((const store_id *)ids.items)[i];
        struct m_delivery *delivery = m_delivery(&memory->state, id);
        struct store_change change = {.delivery = id,
            .event = delivery && (m_is_waiting(delivery) || (takes_dead && m_is_dead(delivery)))
                         ? delivery->event
                         : 0,
            .refused = why_not(delivery, true, takes_dead)};
        tell(out, change.refused ? change : finish_one(memory, delivery, in));
    }
}

void m_finish(struct memory *memory, const struct store_finish *in, struct answer *out)
{
    make(memory, in->dry_run, in, out, finish);
}

static bool is_busy(struct memory *memory, const struct m_delivery *delivery)
{
    const struct m_delivery *first =
        m_first_of_line(&memory->state, delivery->sink, delivery->thread);

    return delivery->state == STORE_CLAIMED || (first && first->state == STORE_CLAIMED);
}

/* In the order of their numbers, which is that of their making: the first that is too young ends
 * it. */
static void move(struct memory *memory, const void *arg, struct answer *out)
{
    const struct store_move *in = arg;
    const struct store_pick all = {.after = in->pick.after, .sink = in->pick.sink};
    struct list ids = pick_step(memory, &all, true, false, true, out);

    for (size_t i = 0; i < ids.count; i++) {
        const struct m_delivery *delivery =
            m_delivery(&memory->state, ((const store_id *)ids.items)[i]);
        if (delivery->moved)
            continue;
        if (delivery->created_ms > in->pick.until_ms) {
            out->changes.next_due_ms = delivery->created_ms;
            out->changes.more = false;
            return;
        }
        if (m_was_made(&memory->state, delivery->event, in->to, INT64_MAX))
            continue;
        if (is_busy(memory, delivery))
            out->changes.is_busy = true;
        else
            tell(out, send_anew(memory, delivery->id, in->to, "move", in->at_ms, in->now_ms));
    }
}

void m_move(struct memory *memory, const struct store_move *in, struct answer *out)
{
    make(memory, false, in, out, move);
}

static bool is_to_be_replayed(const struct store_replays *in, const struct m_event *event)
{
    return event->at_ms >= in->since_ms && (!in->until_ms || event->at_ms <= in->until_ms) &&
           (!in->hook || strcmp(event->hook, in->hook) == 0) &&
           (!in->except_hook || strcmp(event->hook, in->except_hook) != 0) &&
           (!in->type || strcmp(event->type, in->type) == 0);
}

static const char *replay_one(struct m_event *event, enum store_replay how)
{
    if (!event)
        return "is not in the ledger";
    if (event->waits)
        return "waits to be routed already";
    event->waits = true;
    event->replay = how;
    return NULL;
}

static void replay_step(struct memory *memory, const struct store_replays *in, struct answer *out)
{
    int seen = 0;

    out->changes.last = in->after;
    M_EACH (m_event, event, memory->state.events) {
        if (event->id <= in->after || seen == STORE_STEP)
            continue;
        seen++;
        out->changes.last = event->id;
        if (is_to_be_replayed(in, event) && !replay_one(event, in->how))
            tell(out, (struct store_change){.event = event->id});
    }
    out->changes.more = seen == STORE_STEP;
}

static void replay(struct memory *memory, const void *arg, struct answer *out)
{
    const struct store_replays *in = arg;

    if (!in->count)
        replay_step(memory, in, out);
    for (size_t i = 0; i < in->count; i++) {
        struct m_event *event = m_event(&memory->state, in->events[i]);
        tell(out, (struct store_change){
                      .event = event ? event->id : 0, .refused = replay_one(event, in->how)});
    }
}

void m_replay(struct memory *memory, const struct store_replays *in, struct answer *out)
{
    make(memory, in->dry_run, in, out, replay);
}

static bool has_key(const void *item, const void *arg)
{
    const struct store_note *note = item;

    return strcmp(note->key, arg) == 0;
}

void m_note_put(struct memory *memory, const char *key, const char *value)
{
    struct list *notes = &memory->state.notes;

    m_remove(notes, sizeof(struct store_note), has_key, key);
    if (value)
        *M_ADD(memory, store_note, *notes) =
            (struct store_note){pool_text(&memory->texts, key), pool_text(&memory->texts, value)};
}

static int compare_notes(const void *left, const void *right)
{
    const struct store_note *a = left, *b = right;

    return strcmp(a->key, b->key);
}

void m_note_list(const struct memory *memory, const char *prefix, struct answer *out)
{
    M_EACH (store_note, note, memory->state.notes)
        if (strncmp(note->key, prefix, strlen(prefix)) == 0)
            *M_TELL(out, store_note) = *note;
    if (out->items.count)
        qsort(out->items.items, out->items.count, sizeof(struct store_note), compare_notes);
}
