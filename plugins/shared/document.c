#include "document.h"

#include <stdbool.h>
#include <time.h>

#include <tocsin/sink.h>

#include "message.h"
#include "text.h"

const char *document_time(struct tocsin_call *call, int64_t unix_ms)
{
    bool is_before = unix_ms % 1000 < 0; /* 1970, and within a second */
    int ms = (int)(unix_ms % 1000 + (is_before ? 1000 : 0));
    time_t seconds = (time_t)(unix_ms / 1000 - is_before);
    struct tm utc;

    if (!gmtime_r(&seconds, &utc) || utc.tm_year < -1900 || utc.tm_year > 9999 - 1900)
        return "";
    return call->host->format(call, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
        utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms);
}

static json_t *text_or_null(struct tocsin_call *call, const char *text)
{
    return text && *text ? text_json(call, text) : json_null();
}

static json_t *facts_create(struct tocsin_call *call, const struct tocsin_message *message)
{
    json_t *facts = json_array();

    for (uint32_t i = 0; i < message->fact_count; i++) {
        const struct tocsin_fact *fact = message_fact(message, i);
        json_array_append_new(facts, json_pack("{s:o, s:o}", "label", text_json(call, fact->label),
                                         "value", text_json(call, fact->value)));
    }
    return facts;
}

static json_t *marks_create(uint32_t marks)
{
    static const struct {
        uint32_t mark;
        const char *name;
    } names[] = {
        {TOCSIN_REPEAT, "possible_repeat"},
        {TOCSIN_NOT_ENRICHED, "not_enriched"},
        {TOCSIN_FALLBACK, "fallback"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (marks & names[i].mark)
            json_array_append_new(list, json_string(names[i].name));
    return list;
}

/* The host writes what it has read as JSON: this is JSON. */
static json_t *event_create(const char *text)
{
    json_t *event = json_loads(text, JSON_DECODE_ANY, NULL);

    return event ? event : json_object();
}

static void put(json_t *document, const char *name, json_t *value)
{
    json_object_set_new_nocheck(document, name, value);
}

json_t *document_create_of(
    struct tocsin_call *call, const struct tocsin_message *message, const char *event)
{
    json_t *document = json_object();

    put(document, "delivery", text_json(call, message->delivery));
    put(document, "attempt", json_integer(message->attempt));
    put(document, "sink", text_json(call, message->sink));
    put(document, "rule", text_or_null(call, message->rule));
    put(document, "type", text_json(call, message->type));
    put(document, "action", text_or_null(call, message->action));
    put(document, "thread", text_or_null(call, message->thread));
    put(document, "time", text_or_null(call, document_time(call, message->time_ms)));
    put(document, "level", json_string(message_level_name(message)));
    put(document, "urgency", message->urgency < 0 ? json_null() : json_integer(message->urgency));
    put(document, "title", text_json(call, message->title));
    put(document, "text", text_json(call, message->text_plain));
    put(document, "link", text_or_null(call, message->link));
    put(document, "facts", facts_create(call, message));
    put(document, "marks", marks_create(message->marks));
    if (event)
        put(document, "event", event_create(event));
    return document;
}

json_t *document_create(struct tocsin_call *call)
{
    return document_create_of(call, call->message, call->host->event_json(call));
}
