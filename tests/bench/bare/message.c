#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    longest_line = 1024,
    short_value = 40,
};

static const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const char *text_within(const json_t *object, const char *outer, const char *name)
{
    return text_at(json_object_get(object, outer), name);
}

static const char *or_none(const char *text)
{
    return text ? text : "";
}

static int64_t urgency_of(const json_t *alert)
{
    return json_integer_value(json_object_get(json_object_get(alert, "urgency"), "current_value"));
}

/* jansson has looked for bad UTF-8 when it read the documents. */
static void text_put(json_t *object, const char *name, const char *text)
{
    json_object_set_new_nocheck(object, name, json_string_nocheck(text));
}

static void fact_add(json_t *facts, const char *label, const char *value)
{
    if (!value)
        return;
    json_t *fact = json_object();
    text_put(fact, "title", label);
    text_put(fact, "value", value);
    json_object_set_new_nocheck(fact, "short", json_boolean(strlen(value) <= short_value));
    json_array_append_new(facts, fact);
}

static void type_add(json_t *facts, const json_t *alert)
{
    const json_t *type = json_object_get(alert, "alert_type");
    char line[longest_line];

    if (!type)
        return;
    snprintf(line, sizeof line, "%s / %s", or_none(text_at(type, "category")),
        or_none(text_at(type, "value")));
    fact_add(facts, "Type", line);
}

static void occurrences_add(json_t *facts, const json_t *alert)
{
    const json_t *similar = json_object_get(alert, "similar");
    char line[longest_line];

    if (!similar)
        return;
    snprintf(line, sizeof line, "%" PRId64, (int64_t)json_integer_value(similar));
    fact_add(facts, "Occurrences", line);
}

static json_t *facts_create(const json_t *event, const json_t *alert)
{
    const char *status = text_within(alert, "custom_status", "label");
    json_t *facts = json_array();
    char line[longest_line];

    snprintf(line, sizeof line, "%" PRId64 " / 100 (%s)", urgency_of(alert),
        or_none(text_within(alert, "urgency", "display")));
    fact_add(facts, "Urgency", line);
    fact_add(facts, "Status", status ? status : text_within(alert, "status", "name"));
    fact_add(facts, "Entity", text_within(alert, "entity", "name"));
    fact_add(facts, "Source", text_at(alert, "source"));
    fact_add(facts, "Target", text_at(alert, "target"));
    type_add(facts, alert);
    fact_add(facts, "Rule", text_within(alert, "rule", "name"));
    occurrences_add(facts, alert);
    fact_add(facts, "First seen", text_at(alert, "first_seen_at"));
    fact_add(facts, "Time", text_within(event, "metadata", "created_at"));
    fact_add(facts, "Alert", text_at(alert, "short_id"));
    return facts;
}

static json_t *attachment_create(const json_t *event, const json_t *alert)
{
    const char *text = text_at(alert, "description");
    json_t *attachment = json_object();
    char line[longest_line];

    snprintf(line, sizeof line, "[URGENT %" PRId64 "] %s", urgency_of(alert),
        or_none(text_at(alert, "title")));
    text_put(attachment, "fallback", line);
    text_put(attachment, "color", "#D32F2F");
    text_put(attachment, "title", line);
    snprintf(line, sizeof line, "https://app.example/operations/alerts/%s",
        or_none(text_at(alert, "short_id")));
    text_put(attachment, "title_link", line);
    if (text)
        text_put(attachment, "text", text);
    json_object_set_new_nocheck(attachment, "fields", facts_create(event, alert));
    snprintf(line, sizeof line, "%s %s \u00b7 Urgency %" PRId64 " / 100 \u00b7 %s",
        or_none(text_at(event, "type")), or_none(text_at(event, "action")), urgency_of(alert),
        or_none(text_within(event, "metadata", "created_at")));
    text_put(attachment, "footer", line);
    return attachment;
}

json_t *message_json(const json_t *event, const json_t *alert)
{
    json_t *message = json_object(), *attachments = json_array();

    json_array_append_new(attachments, attachment_create(event, alert));
    json_object_set_new_nocheck(message, "attachments", attachments);
    return message;
}
