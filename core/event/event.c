#include "event/event.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/document.h"
#include "event/value.h"

/* A member that is a text worth having; NULL for anything else. */
static const char *text_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && *text ? text : NULL;
}

static json_t *object_member(const json_t *object, const char *key)
{
    json_t *member = json_object_get(object, key);

    return json_is_object(member) ? json_incref(member) : json_object();
}

static void read_version_2(struct event *event)
{
    char scratch[VALUE_TEXT_SIZE];
    const char *action = value_text(json_object_get(event->body, "action"), scratch);

    event->type = text_copy(text_member(event->body, "type"));
    event->action = text_copy(action ? action : "");
    event->attributes = object_member(event->body, "attributes");
    event->metadata = object_member(event->body, "metadata");
}

/* Version 1 names type and action together, in attributes.event. */
struct legacy_name {
    const char *event, *type, *action;
};

static const struct legacy_name legacy_names[] = {
    {"alert-created", "alert", "created"},
    {"alert-updated", "alert", "updated"},
    {"alert-status-changed", "alert", "updated"},
    {"alert-comment-created", "alert-comment", "created"},
};

static void read_legacy_name(struct event *event)
{
    const char *type = text_member(event->body, "event_type");
    const char *name = text_member(event->attributes, "event");

    for (size_t i = 0; name && i < sizeof legacy_names / sizeof *legacy_names; i++) {
        if (strcmp(name, legacy_names[i].event) == 0) {
            event->type = text_copy(legacy_names[i].type);
            event->action = text_copy(legacy_names[i].action);
            return;
        }
    }
    size_t prefix = strlen(type);
    if (name && strncmp(name, type, prefix) == 0 && name[prefix] == '-')
        name += prefix + 1;
    event->type = text_copy(type);
    event->action = text_copy(name ? name : "");
}

/* Gives `to` a member of `from`, unless it has one of that name. */
static void adopt(json_t *to, const char *as, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value && !json_object_get(to, as))
        json_object_set(to, as, value);
}

static json_t *copy_of_member(const json_t *object, const char *key)
{
    auto_json json_t *member = object_member(object, key);

    return json_copy(member);
}

static void read_version_1(struct event *event)
{
    event->attributes = copy_of_member(event->body, "attributes");
    event->metadata = copy_of_member(event->body, "metadata");
    read_legacy_name(event);
    if (strcmp(event->type, "alert") == 0)
        adopt(event->attributes, "uuid", event->attributes, "alert_uuid");
    const char *name = text_member(event->attributes, "event");
    if (name && strcmp(name, "alert-status-changed") == 0) {
        json_t *updated = json_object();
        json_object_set_new(updated, "status", json_null());
        json_object_set_new(event->attributes, "updated", updated);
    }
    adopt(event->metadata, "version", event->body, "event_version");
    adopt(event->metadata, "uuid", event->body, "uuid");
    adopt(event->metadata, "created_at", event->body, "created_at");
    adopt(event->metadata, "community_uuid", event->body, "community_uuid");
}

static char *thread_of(const struct event *event)
{
    const char *uuid = text_member(event->attributes, "uuid");
    const char *alert = text_member(event->attributes, "alert_uuid");

    if (strcmp(event->type, "alert-comment") == 0 && alert)
        return text_format("alert:%s", alert);
    return uuid ? text_format("%s:%s", event->type, uuid) : text_copy("");
}

/* The documentation's table calls it `created`, its examples `created_at`. */
static const json_t *created_at(const struct event *event)
{
    const json_t *created = json_object_get(event->metadata, "created_at");

    if (!created || json_is_null(created))
        created = json_object_get(event->metadata, "created");
    return created;
}

/* FNV-1a, 128 bits (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv). It tells attributes
 * apart that were sent with the very same time, and is no defence by itself. */
static void hash_append(struct buf *out, const char *text)
{
    unsigned __int128 prime = (unsigned __int128)1 << 88 | 0x13b;
    unsigned __int128 hash = (unsigned __int128)0x6c62272e07bb0142 << 64 | 0x62b821756295c58d;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * prime;
    buf_printf(out, "%016llx%016llx", (unsigned long long)(hash >> 64), (unsigned long long)hash);
}

static char *dedupe_of(const struct event *event)
{
    const char *uuid = text_member(event->metadata, "uuid");
    char scratch[VALUE_TEXT_SIZE];
    const char *created = value_text(created_at(event), scratch);

    if (uuid)
        return text_copy(uuid);
    if (!created || !*created)
        return NULL;
    struct buf key = {0};
    auto_free char *attributes = json_dumps(event->attributes, JSON_COMPACT | JSON_SORT_KEYS);
    buf_printf(&key, "%s %s %s ", event->type, event->action, created);
    hash_append(&key, attributes);
    return buf_take(&key);
}

static int64_t time_of(const struct event *event)
{
    int64_t ms;

    return value_time(created_at(event), &ms) && ms >= 0 ? ms : -1;
}

static const char *describe(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    default:
        return "null";
    }
}

static bool check_body(const json_t *body, struct error *error)
{
    const json_t *type = json_object_get(body, "type");

    if (!json_is_object(body))
        return error_set(error, "the body is %s, not a JSON object", describe(body));
    if (text_member(body, "type") || text_member(body, "event_type"))
        return true;
    if (!type)
        return error_set(error, "no \"type\"");
    if (json_is_string(type))
        return error_set(error, "\"type\" is empty");
    return error_set(error, "\"type\" is %s, not a text", describe(type));
}

struct event *event_parse(const char *bytes, size_t len, struct error *error)
{
    auto_json json_t *body = document_parse(bytes, len, error);

    if (!body) {
        error_wrap(error, "not JSON");
        return NULL;
    }
    if (!check_body(body, error))
        return NULL;
    struct event *event = mem_alloc(sizeof *event);
    event->body = TAKE(body);
    if (text_member(event->body, "type"))
        read_version_2(event);
    else
        read_version_1(event);
    event->thread = thread_of(event);
    event->dedupe = dedupe_of(event);
    event->time_ms = time_of(event);
    return event;
}

char *event_export(
    const struct event *event, const char *id, const char *hook, json_t *body, json_t *objects)
{
    auto_json json_t *whole = json_pack("{s:s,s:s,s:s,s:s,s:o*,s:o}", "id", id, "hook", hook,
        "type", event->type, "action", event->action, "body", body, "objects", objects);
    char *text = json_dumps(whole, JSON_COMPACT);

    return text ? text : text_copy("{}");
}

void event_destroy(struct event *event)
{
    if (!event)
        return;
    free(event->type);
    free(event->action);
    free(event->thread);
    free(event->dedupe);
    json_decref(event->attributes);
    json_decref(event->metadata);
    json_decref(event->body);
    free(event);
}

bool event_is_deleted(const struct event *event)
{
    return strcmp(event->action, "deleted") == 0;
}
