/* One event told as JSON. */
#include <jansson.h>
#include <string.h>

#include "base/timestamp.h"
#include "base/utf8.h"
#include "event/document.h"
#include "memory_state.h"

static json_t *words(const char *text, size_t len)
{
    size_t repaired_len;
    char *repaired = utf8_repair(text, len, &repaired_len);
    json_t *value = json_stringn(repaired, repaired_len);

    free(repaired);
    return value;
}

static json_t *text_or_null(const char *text)
{
    return text ? words(text, strlen(text)) : json_null();
}

static json_t *time_of(int64_t ms)
{
    char text[TIMESTAMP_SIZE];

    timestamp_format(ms, text);
    return json_string(text);
}

/* JSON bytes as the value that they are, other bytes as a string. */
static json_t *value_of(const void *bytes, size_t len)
{
    if (!bytes)
        return json_null();
    json_t *value = len ? document_parse(bytes, len, NULL) : json_string("");
    return value ? value : words(bytes, len);
}

static json_t *tell_attempts(const struct m_state *state, store_id delivery)
{
    json_t *all = json_array();

    M_EACH (m_attempt, attempt, state->attempts)
        if (attempt->delivery == delivery)
            json_array_append_new(
                all, json_pack("{s:i, s:o, s:I, s:i, s:o, s:o, s:b}", "attempt", attempt->number,
                         "at", time_of(attempt->at_ms), "took_ms", (json_int_t)attempt->took_ms,
                         "status", attempt->status, "reason", text_or_null(attempt->reason),
                         "reply", text_or_null(attempt->reply), "maybe_sent", attempt->maybe_sent));
    return all;
}

static const char *state_name(const struct m_delivery *delivery)
{
    static const char *const results[] = {
        [STORE_DELIVERED] = "delivered", [STORE_DEAD] = "dead", [STORE_SKIPPED] = "skipped"};

    if (delivery->state == STORE_CLAIMED)
        return "claimed";
    return m_is_waiting(delivery) ? "waiting" : results[delivery->result];
}

static json_t *tell_delivery(const struct m_state *state, const struct m_delivery *delivery)
{
    bool waits = m_is_waiting(delivery);

    return json_pack("{s:I, s:o, s:o, s:i, s:i, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
        "delivery", (json_int_t)delivery->id, "sink", text_or_null(delivery->sink), "rule",
        text_or_null(delivery->rule), "level", delivery->level, "attempts", delivery->attempts,
        "created", time_of(delivery->created_ms), "state", state_name(delivery), "due",
        waits ? time_of(delivery->due_ms) : json_null(), "finished",
        waits ? json_null() : time_of(delivery->finished_ms), "took_ms",
        waits ? json_null() : json_integer(delivery->took_ms), "reason",
        text_or_null(waits ? NULL : delivery->reason), "receipt", text_or_null(delivery->receipt),
        "failed_attempts", tell_attempts(state, delivery->id));
}

static json_t *tell_deliveries(struct m_state *state, const struct m_record *record)
{
    json_t *all = json_array();

    for (int64_t i = 0; record && i < record->count; i++)
        json_array_append_new(all, tell_delivery(state, m_delivery(state, record->first + i)));
    return all;
}

static json_t *tell_trace(const struct m_record *record)
{
    return record && record->trace ? value_of(record->trace, strlen(record->trace)) : json_null();
}

static json_t *tell_objects(const struct m_state *state, store_id event)
{
    json_t *all = json_array();

    M_EACH (m_attachment, attachment, state->attachments) {
        if (attachment->event != event)
            continue;
        const struct m_object *object = m_object(state, attachment->object);
        json_array_append_new(
            all, json_pack("{s:o, s:o, s:o}", "name", text_or_null(attachment->name), "status",
                     text_or_null(attachment->status), "object",
                     object ? value_of(object->bytes, object->len) : json_null()));
    }
    return all;
}

static json_t *tell_later(struct m_state *state, store_id event)
{
    json_t *all = json_array();

    M_EACH (m_record, record, state->records)
        if (record->event == event && record->kind)
            json_array_append_new(all, json_pack("{s:s, s:o, s:o, s:o}", "kind", record->kind, "at",
                                           time_of(record->at_ms), "trace", tell_trace(record),
                                           "deliveries", tell_deliveries(state, record)));
    return all;
}

char *m_story(struct memory *memory, store_id id)
{
    struct m_state *state = &memory->state;
    const struct m_event *event = m_event(state, id);

    if (!event)
        return NULL;
    const struct m_record *decision = m_decision(state, id);
    json_t *story =
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:s, s:o, s:o, s:o, s:o}", "event",
            (json_int_t)id, "hook", text_or_null(event->hook), "type", text_or_null(event->type),
            "action", text_or_null(event->action), "thread", text_or_null(event->thread),
            "accepted", time_of(event->at_ms), "duplicates", (json_int_t)event->duplicates, "body",
            value_of(event->body, event->body_len), "state", decision ? "routed" : "unrouted",
            "objects", tell_objects(state, id), "trace", tell_trace(decision), "deliveries",
            tell_deliveries(state, decision), "later", tell_later(state, id));
    char *text = json_dumps(story, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(story);
    return text;
}
