#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>
#include <tocsin/sink.h>

#include "../shared/message.h"
#include "../shared/text.h"
#include "body.h"
#include "draft.h"
#include "header.h"
#include "line.h"
#include "moment.h"
#include "observed.h"
#include "plain.h"

/* A document that counts what it will take: a member that does not fit is left out whole, so that
 * the JSON never has to be cut. */
struct document {
    struct tocsin_call *call;
    json_t *root;
    size_t len, max;
};

/* The text without anything that a reader may take for a line's end; its own line feeds, which JSON
 * writes as \n, stay. The call's. */
static const char *clean(struct tocsin_call *call, const char *text)
{
    size_t len = strlen(text);
    struct draft draft = {.bytes = call->host->alloc(call, len + 1), .max = len};

    while (*text) {
        size_t line = strcspn(text, "\n");
        draft_text(&draft, call->host->format(call, "%.*s", (int)line, text), &plain_text);
        text += line;
        if (*text) {
            draft.bytes[draft.len++] = '\n';
            text++;
        }
    }
    return draft.bytes;
}

/* Takes the value; its cost is that of `"name":value,`. */
static void set(struct document *document, json_t *object, const char *name, json_t *value)
{
    size_t cost = text_cost(name) + strlen("\"\":,") + json_size(value);

    if (cost > document->max - document->len) {
        json_decref(value);
        return;
    }
    document->len += cost;
    json_object_set_new(object, name, value);
}

/* The object for a group of names, NULL where not even its braces fit. */
static json_t *group(struct document *document, const char *name)
{
    if (!json_object_get(document->root, name))
        set(document, document->root, name, json_object());
    return json_object_get(document->root, name);
}

static void set_in(struct document *document, const char *name, const char *key, json_t *value)
{
    json_t *object = group(document, name);

    if (object)
        set(document, object, key, value);
    else
        json_decref(value);
}

static void set_text(
    struct document *document, const char *name, const char *key, const char *value)
{
    if (value && *value)
        set_in(document, name, key, text_json(document->call, clean(document->call, value)));
}

static void set_event(struct document *document)
{
    struct tocsin_call *call = document->call;
    const struct tocsin_message *message = call->message;
    bool is_alert = strcmp(message->type, "alert") == 0;

    set_text(document, "event", "kind", is_alert ? "alert" : "event");
    set_text(document, "event", "id", message->event);
    set_in(document, "event", "severity", json_integer(tenths_of(message)));
    if (message->urgency >= 0)
        set_in(document, "event", "risk_score", json_integer(message->urgency));
    set_text(document, "event", "action", message->action);
    /* The schema has a closed list of categories; this is its word for what a detection says. */
    if (is_alert)
        set_in(document, "event", "category", json_pack("[s]", "intrusion_detection"));
    set_text(document, "event", "module", "tocsin");
    set_text(document, "event", "dataset",
        call->host->format(
            call, "tocsin.%s", draft_key_of(call, *message->type ? message->type : "event")));
    set_text(document, "event", "url", message->link);
}

/* What the schema has no names for stands under the program's own. */
static void set_own(struct document *document, const struct line_style *style)
{
    const struct tocsin_message *message = document->call->message;

    set_text(document, "tocsin", "delivery", message->delivery);
    set_text(document, "tocsin", "level", message_level_name(message));
    set_text(document, "tocsin", "thread", message->thread);
    set_text(document, "tocsin", "rule", message->rule);
    set_text(document, "observer", "product", "tocsin");
    if (strcmp(style->hostname, "-") != 0)
        set_text(document, "observer", "hostname", style->hostname);
}

static void set_observed(struct document *document)
{
    const struct observed observed = observed_read(document->call);

    set_text(document, "source", "ip", observed.source.address);
    set_text(document, "source", "domain", observed.source.name);
    set_text(document, "destination", "ip", observed.target.address);
    set_text(document, "destination", "domain", observed.target.name);
    set_text(document, "host", "name", observed.target.name);
    set_text(document, "user", "name", observed.user);
    set_text(document, "rule", "name", observed.rule_name);
    set_text(document, "rule", "id", observed.rule_id);
    if (observed.count > 0)
        set_in(document, "tocsin", "count", json_integer(observed.count));
}

static void set_tags(struct document *document)
{
    static const struct {
        uint32_t mark;
        const char *tag;
    } marks[] = {{TOCSIN_REPEAT, "possible_repeat"}, {TOCSIN_NOT_ENRICHED, "not_enriched"},
        {TOCSIN_FALLBACK, "fallback"}};
    json_t *tags = json_array();

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (document->call->message->marks & marks[i].mark)
            json_array_append_new(tags, json_string(marks[i].tag));
    if (json_array_size(tags) > 0)
        set(document, document->root, "tags", tags);
    else
        json_decref(tags);
}

static void set_facts(struct document *document)
{
    const struct tocsin_message *message = document->call->message;

    for (uint32_t i = 0; i < message->fact_count; i++) {
        const struct tocsin_fact *fact = message_fact(message, i);
        set_text(document, "labels", draft_key_of(document->call, fact->label), fact->value);
    }
}

/* RFC 5424's names of the severities. */
static const char *log_level(const struct tocsin_message *message)
{
    static const char *const names[] = {
        "emergency", "alert", "critical", "error", "warning", "notice", "informational"};

    return names[severity_of(message)];
}

static void set_members(struct document *document, const struct line_style *style)
{
    const char *time = moment_rfc3339(document->call, moment_of(document->call));

    if (time)
        set(document, document->root, "@timestamp", json_string(time));
    set_text(document, "ecs", "version", "8.11.0");
    set_text(document, "log", "level", log_level(document->call->message));
    set_event(document);
    set_own(document, style);
    set_tags(document);
    set_observed(document);
    set_facts(document);
}

/* Takes what the members left: at least `reserve`. */
static void set_message(struct document *document, size_t reserve)
{
    struct tocsin_call *call = document->call;
    const struct tocsin_message *message = call->message;
    const char *text = message->text_plain;

    document->max += reserve;
    text = clean(call, call->host->format(call, "%s%s%s", message->title, *text ? "\n" : "", text));
    size_t room = document->max - document->len, frame = strlen("\"message\":\"\",");
    if (room > frame)
        set(document, document->root, "message",
            text_json(call, text_cut(call, text, SIZE_MAX, room - frame)));
}

void ecs_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style)
{
    if (style->cee)
        draft_puts(draft, "@cee: ");
    size_t room = draft->max - draft->len;
    /* Members may not push the title out. */
    size_t title = strlen("\"message\":\"\",") + text_cost(call->message->title);
    size_t reserve = title < room / 3 ? title : room / 3;
    auto_json json_t *root = json_object();
    struct document document = {
        .call = call, .root = root, .len = strlen("{}"), .max = room - reserve};

    set_members(&document, style);
    set_message(&document, reserve);
    size_t len = json_dumpb(root, draft->bytes + draft->len, room, JSON_COMPACT);
    assert(len <= room);
    draft->len += len;
}
