/* The way of an event: accepted, routed, its deliveries claimed and settled. */
#include "memory_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Of several the oldest; keys are of one hook. */
static struct m_event *find_original(struct m_state *state, const struct store_accept *in)
{
    M_EACH (m_event, event, state->events)
        if (in->dedupe && event->dedupe && event->dedupe_until_ms > in->now_ms &&
            strcmp(event->dedupe, in->dedupe) == 0 && strcmp(event->hook, in->hook) == 0)
            return event;
    return NULL;
}

void m_accept(struct memory *memory, const struct store_accept *in, struct answer *out)
{
    struct m_state *state = &memory->state;
    struct pool *texts = &memory->texts;
    struct m_event *original = find_original(state, in);

    if (original) {
        original->duplicates++;
        out->accepted = (struct store_accepted){.event = original->id, .duplicate = true};
        return;
    }
    *M_ADD(memory, m_event, state->events) = (struct m_event){
        .id = ++state->event,
        .at_ms = in->at_ms,
        .dedupe_until_ms = in->dedupe ? in->now_ms + in->dedupe_ms : 0,
        .hook = pool_text_or_empty(texts, in->hook),
        .type = pool_text_or_empty(texts, in->type),
        .action = pool_text_or_empty(texts, in->action),
        .thread = pool_text_or_empty(texts, in->thread),
        .dedupe = pool_text(texts, in->dedupe),
        .body = pool_copy(texts, in->body, in->body_len),
        .body_len = in->body_len,
        .waits = true,
        .claim = in->claim ? ++state->claim : 0,
    };
    out->accepted = (struct store_accepted){.event = state->event};
}

/* What was lost before goes in small company, what was lost twice goes alone. */
static size_t company(int losses, size_t max)
{
    if (losses >= STORE_SUSPECT_LOSSES)
        return 1;
    return losses && max > STORE_CAREFUL_EVENTS ? STORE_CAREFUL_EVENTS : max;
}

static void hand_out(struct memory *memory, struct m_event *event, struct answer *out)
{
    event->claim = ++memory->state.claim;
    *M_TELL(out, store_event) = (struct store_event){
        .event = event->id,
        .hook = event->hook,
        .type = event->type,
        .action = event->action,
        .thread = event->thread,
        .at_ms = event->at_ms,
        .body = event->body,
        .body_len = event->body_len,
        .losses = event->losses,
        .replay = event->replay,
    };
}

/* In order of acceptance, until there are max of them, or their bodies make up the bytes. */
void m_next_events(struct memory *memory, size_t max, size_t bytes, struct answer *out)
{
    size_t taken = 0, most = max;

    bytes = bytes ? bytes : 1;
    M_EACH (m_event, event, memory->state.events) {
        if (taken >= bytes || out->items.count >= most)
            return;
        if (!event->waits || event->claim)
            continue;
        size_t fits = company(event->losses, max);
        if (out->items.count >= fits)
            return;
        most = fits < most ? fits : most;
        hand_out(memory, event, out);
        taken += event->body_len;
    }
}

static bool is_sound(const struct m_state *state, const struct store_route *in, struct error *error)
{
    for (size_t i = 0; i < in->delivery_count; i++)
        if (in->deliveries[i].level < 0 || in->deliveries[i].level > STORE_HIGHEST_LEVEL)
            return error_set(error, "event %" PRId64 ": there is no level %d", in->event,
                in->deliveries[i].level);
    for (size_t i = 0; i < in->object_count; i++)
        if (!in->objects[i].bytes && in->objects[i].object &&
            !m_object(state, in->objects[i].object))
            return error_set(error, "event %" PRId64 ": object %" PRId64 " is not in the ledger",
                in->event, in->objects[i].object);
    return true;
}

static void list_attached(const struct m_state *state, store_id event, struct answer *out)
{
    M_EACH (m_attachment, attachment, state->attachments)
        if (attachment->event == event)
            *(store_id *)list_add(&out->objects, &out->pool, sizeof(store_id)) = attachment->object;
}

static void attach(struct memory *memory, store_id event, const struct store_object *object)
{
    struct m_state *state = &memory->state;
    bool is_stored = object->object && (!object->bytes || m_object(state, object->object));
    store_id id = is_stored ? object->object : 0;

    if (!is_stored && object->bytes) {
        id = ++state->object;
        *M_ADD(memory, m_object, state->objects) = (struct m_object){
            id, pool_copy(&memory->texts, object->bytes, object->len), object->len};
    }
    *M_ADD(memory, m_attachment, state->attachments) =
        (struct m_attachment){event, pool_text_or_empty(&memory->texts, object->name),
            pool_text_or_empty(&memory->texts, object->status), id};
}

/* Only the first decision brings objects. */
static void attach_all(struct memory *memory, const struct m_event *event,
    const struct store_route *in, struct answer *out)
{
    list_attached(&memory->state, event->id, out);
    if (event->replay != STORE_FIRST_TIME || out->objects.count)
        return;
    for (size_t i = 0; i < in->object_count; i++)
        attach(memory, event->id, &in->objects[i]);
    list_attached(&memory->state, event->id, out);
}

static void claim_delivery(struct m_state *state, struct m_delivery *delivery)
{
    delivery->state = STORE_CLAIMED;
    delivery->claim = ++state->claim;
    delivery->attempts++;
}

static struct store_routed deliver(struct memory *memory, const struct m_event *event,
    const struct store_route *in, const struct store_delivery *wanted, store_id first)
{
    struct m_state *state = &memory->state;
    struct store_routed routed = {.state = STORE_FINISHED};

    if (event->replay == STORE_REPLAY_MISSING && m_was_made(state, event->id, wanted->sink, first))
        return routed;
    struct m_delivery *delivery =
        m_join(memory, &(struct m_delivery){
                           .event = event->id,
                           .sink = pool_text_or_empty(&memory->texts, wanted->sink),
                           .thread = pool_text_or_empty(&memory->texts, in->thread),
                           .rule = pool_text_or_empty(&memory->texts, wanted->rule),
                           .level = wanted->level,
                           .created_ms = in->now_ms,
                           .due_ms = wanted->due_ms,
                       });
    if (wanted->claim && delivery->state == STORE_READY && wanted->due_ms <= in->now_ms) {
        claim_delivery(state, delivery);
        routed.first_receipt = m_first_receipt(state, delivery->sink, delivery->thread);
    }
    routed.delivery = delivery->id;
    routed.claim = delivery->claim;
    routed.state = delivery->state;
    return routed;
}

static void decide(
    struct memory *memory, struct m_event *event, const struct store_route *in, struct answer *out)
{
    struct m_state *state = &memory->state;
    store_id first = state->delivery + 1;

    attach_all(memory, event, in, out);
    for (size_t i = 0; i < in->delivery_count; i++) {
        struct store_routed routed = deliver(memory, event, in, &in->deliveries[i], first);
        *M_TELL(out, store_routed) = routed;
    }
    m_record_later(memory, event->id, in->at_ms, first, state->delivery + 1 - first,
        m_decision(state, event->id) ? "replay" : NULL, in->trace);
    event->waits = false;
    event->claim = 0;
    event->losses = 0;
    event->replay = STORE_FIRST_TIME;
}

/* The answer of the last time, in the present state. */
static void repeat(struct memory *memory, const struct store_route *in, struct answer *out)
{
    struct m_state *state = &memory->state;
    const struct m_record *last = m_last_replay(state, in->event);

    if (!last)
        last = m_decision(state, in->event);
    if (!last) {
        error_set(&out->error, "event %" PRId64 " is not in the ledger", in->event);
        return;
    }
    for (store_id id = last->first; id < last->first + last->count; id++)
        *M_TELL(out, store_routed) =
            (struct store_routed){.delivery = id, .state = m_delivery(state, id)->state};
    list_attached(state, in->event, out);
}

void m_route(struct memory *memory, const struct store_route *in, struct answer *out)
{
    struct m_event *event = m_event(&memory->state, in->event);

    if (!is_sound(&memory->state, in, &out->error))
        return;
    if (event && event->waits)
        decide(memory, event, in, out);
    else
        repeat(memory, in, out);
}

/* Highest level, then due, then oldest. */
static int compare_heads(const void *left, const void *right)
{
    const struct m_delivery *a = *(struct m_delivery *const *)left,
                            *b = *(struct m_delivery *const *)right;

    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms ? -1 : 1;
    return a->id < b->id ? -1 : 1;
}

static struct list find_due(
    struct memory *memory, const char *sink, int64_t now_ms, struct answer *out)
{
    struct list due = {0};

    M_EACH (m_delivery, delivery, memory->state.deliveries) {
        if (delivery->state != STORE_READY || strcmp(delivery->sink, sink) != 0)
            continue;
        int64_t due_ms = delivery->due_ms, *next_ms = &out->rest.next_due_ms;
        if (due_ms <= now_ms)
            *(struct m_delivery **)list_add(&due, &out->pool, sizeof delivery) = delivery;
        else if (!*next_ms || due_ms < *next_ms)
            *next_ms = due_ms;
    }
    if (due.count)
        qsort(due.items, due.count, sizeof(struct m_delivery *), compare_heads);
    return due;
}

static void tell_claimed(
    const struct m_state *state, const struct m_delivery *delivery, struct answer *out)
{
    *M_TELL(out, store_claimed) = (struct store_claimed){
        .claim = delivery->claim,
        .delivery = delivery->id,
        .event = delivery->event,
        .thread = delivery->thread,
        .rule = delivery->rule,
        .level = delivery->level,
        .attempt = delivery->attempts,
        .losses = delivery->losses,
        .in_doubt = delivery->in_doubt,
        .moved = delivery->moved,
        .resume = delivery->resume,
        .first_receipt = m_first_receipt(state, delivery->sink, delivery->thread),
        .created_ms = delivery->created_ms,
    };
}

/* In all of the ledger one suspect is claimed at a time. */
void m_claim(
    struct memory *memory, const char *sink, size_t max, int64_t now_ms, struct answer *out)
{
    struct m_state *state = &memory->state;
    struct list due = find_due(memory, sink, now_ms, out);
    struct m_delivery **heads = due.items;

    for (size_t i = 0; i < due.count; i++) {
        if (out->items.count == max) {
            out->rest.more = true;
            return;
        }
        bool is_suspect = heads[i]->losses >= STORE_SUSPECT_LOSSES;
        if (is_suspect && state->suspect) {
            out->rest.is_held_back = true;
            continue;
        }
        if (is_suspect)
            state->suspect = heads[i]->id;
        claim_delivery(state, heads[i]);
        tell_claimed(state, heads[i], out);
    }
}

/* NULL with the reason when the claim is stale. */
static struct m_delivery *find_held(
    struct m_state *state, store_id id, store_id claim, struct error *error)
{
    struct m_delivery *delivery = m_delivery(state, id);

    if (!delivery || !m_is_waiting(delivery))
        error_set(error, "delivery %" PRId64 " is finished, or is not in the ledger", id);
    else if (!claim || delivery->claim != claim)
        error_set(error, "delivery %" PRId64 ": claim %" PRId64 " is stale", id, claim);
    else
        return delivery;
    return NULL;
}

static void note_attempt(
    struct memory *memory, const struct m_delivery *delivery, const struct store_settle *in)
{
    *M_ADD(memory, m_attempt, memory->state.attempts) = (struct m_attempt){
        .delivery = delivery->id,
        .number = delivery->attempts,
        .at_ms = in->at_ms,
        .took_ms = in->took_ms,
        .status = in->status,
        .maybe_sent = in->maybe_sent,
        .reason = pool_text(&memory->texts, in->reason),
        .reply = pool_text(&memory->texts, in->reply),
    };
}

static void postpone(struct m_delivery *delivery, const struct store_settle *in)
{
    delivery->state = STORE_READY;
    delivery->claim = 0;
    delivery->losses = 0; /* it has an outcome, so it does not end the daemon */
    delivery->due_ms = in->due_ms;
}

static enum store_settled end(
    struct memory *memory, struct m_delivery *delivery, const struct store_settle *in)
{
    struct m_state *state = &memory->state;

    delivery->took_ms = in->took_ms;
    delivery->receipt = pool_text(&memory->texts, in->receipt);
    delivery->leads = in->result == STORE_DELIVERED && in->receipt && *delivery->thread &&
                      !m_first_receipt(state, delivery->sink, delivery->thread);
    const char *promoted = m_end(state, delivery, in->result, in->at_ms + in->took_ms,
        pool_text(&memory->texts, in->reason));
    return promoted ? STORE_SETTLED_PROMOTING : STORE_SETTLED;
}

void m_settle(struct memory *memory, const struct store_settle *in, struct answer *out)
{
    struct m_state *state = &memory->state;
    struct m_delivery *delivery = find_held(state, in->delivery, in->claim, &out->error);

    out->settled = delivery ? STORE_SETTLED : STORE_STALE;
    if (!delivery)
        return;
    if (state->suspect == delivery->id)
        state->suspect = 0;
    if (in->result == STORE_RETRY || in->result == STORE_DEAD) {
        note_attempt(memory, delivery, in);
        delivery->in_doubt |= in->maybe_sent;
        if (in->resume)
            delivery->resume = pool_text(&memory->texts, in->resume);
    }
    if (in->result == STORE_DELIVERED && in->notification)
        m_keep_notification(memory, delivery, in);
    if (in->result == STORE_RETRY)
        postpone(delivery, in);
    else
        out->settled = end(memory, delivery, in);
}

/* All or none. */
void m_release(
    struct memory *memory, const struct store_hold *holds, size_t count, struct answer *out)
{
    struct m_state *state = &memory->state;

    for (size_t i = 0; i < count; i++)
        if (!find_held(state, holds[i].delivery, holds[i].claim, &out->error))
            return;
    for (size_t i = 0; i < count; i++) {
        struct m_delivery *delivery = m_delivery(state, holds[i].delivery);
        if (delivery->state != STORE_CLAIMED)
            continue; /* given twice */
        delivery->state = STORE_READY;
        delivery->claim = 0;
        delivery->attempts--;
        if (state->suspect == delivery->id)
            state->suspect = 0;
    }
}

void m_load(struct memory *memory, store_id id, struct pool *pool, struct store_loaded *loaded)
{
    const struct m_event *event = m_event(&memory->state, id);
    struct list objects = {0};

    *loaded = (struct store_loaded){0};
    if (!event)
        return;
    M_EACH (m_attachment, attachment, memory->state.attachments) {
        if (attachment->event != id)
            continue;
        const struct m_object *object = m_object(&memory->state, attachment->object);
        struct store_loaded_object *told = list_add(&objects, pool, sizeof *told);
        *told = (struct store_loaded_object){.name = attachment->name,
            .status = attachment->status,
            .object = object ? object->id : 0,
            .bytes = object ? object->bytes : NULL,
            .len = object ? object->len : 0};
    }
    *loaded = (struct store_loaded){
        .event = id,
        .hook = event->hook,
        .type = event->type,
        .action = event->action,
        .thread = event->thread,
        .at_ms = event->at_ms,
        .body = event->body,
        .body_len = event->body_len,
        .objects = objects.items,
        .object_count = objects.count,
    };
}
