#include "event/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/names.h"
#include "event/path.h"

static const char *const level_names[] = {"info", "low", "medium", "high", "urgent"};

const char *level_name(enum view_level level)
{
    assert((size_t)level < sizeof level_names / sizeof *level_names);
    return level_names[level];
}

bool level_parse(const char *name, enum view_level *level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum view_level)i;
            return true;
        }
    }
    return false;
}

/* jansson need not look whether the text is UTF-8: it came out of jansson itself, or is ours. */
static void set_text(struct view *view, const char *name, const char *text)
{
    if (text)
        json_object_set_new_nocheck(view->root, name, json_string_nocheck(text));
}

/* A text that the configuration had a part in, where the environment may say anything. */
static void set_configured(struct view *view, const char *name, const char *text)
{
    json_object_set_new(view->root, name, json_string(text));
}

static void set_unknown(struct view *view, const char *name)
{
    json_object_set_new(view->unknown, name, json_null());
}

/* What was posted, and what was looked up, under its own names. */
static void set_documents(struct view *view, const struct event *event)
{
    json_object_set(view->root, "body", event->body);
    json_object_set(view->root, "attributes", event->attributes);
    json_object_set(view->root, "metadata", event->metadata);
    if (family_of(event->type) == FAMILY_COMMENT)
        json_object_set(view->root, "comment", event->attributes);
}

static void set_enrichments(struct view *view, const struct enrichment *enrichments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (enrichments[i].object) {
            json_object_set(view->root, enrichments[i].name, enrichments[i].object);
            continue;
        }
        set_unknown(view, enrichments[i].name);
        if (!view->missing)
            view->missing = text_copy(enrichments[i].name);
        view->not_enriched = true;
    }
}

static struct names names_of(
    const struct event *event, const struct enrichment *enrichments, size_t count)
{
    struct names names = {
        .family = family_of(event->type), .posted = event->attributes, .document = event->body};
    const char *object = family_object(names.family);

    for (size_t i = 0; i < count; i++) {
        if (object && strcmp(enrichments[i].name, object) != 0)
            continue;
        names.object = enrichments[i].object;
        names.is_missing = !enrichments[i].object;
        break;
    }
    return names;
}

static void set_origin(
    struct view *view, const struct event *event, const struct view_context *context)
{
    char time[TIMESTAMP_SIZE];

    view->time_ms = event->time_ms >= 0 ? event->time_ms : context->accepted_ms;
    timestamp_format(view->time_ms, time);
    set_text(view, "type", event->type);
    set_text(view, "action", event->action);
    set_text(view, "id", context->event_id);
    set_text(view, "time", time);
    set_text(view, "thread", event->thread);
    set_configured(view, "hook", context->hook);
}

static void set_names(struct view *view, const struct names *names)
{
    static const struct {
        enum name name;
        const char *called;
    } texts[] = {
        {NAME_TITLE, "title"},
        {NAME_TEXT, "text"},
        {NAME_STATUS, "status"},
        {NAME_ENTITY, "entity"},
        {NAME_SOURCE, "source"},
        {NAME_TARGET, "target"},
    };
    char scratch[VALUE_TEXT_SIZE];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = names_text(names, texts[i].name, scratch);
        set_text(view, texts[i].called, text);
        if (!text && names_is_unknown(names, texts[i].name))
            set_unknown(view, texts[i].called);
    }
}

static enum view_level level_of_urgency(int urgency, const struct levels *levels)
{
    if (urgency >= levels->urgent)
        return LEVEL_URGENT;
    if (urgency >= levels->high)
        return LEVEL_HIGH;
    if (urgency >= levels->medium)
        return LEVEL_MEDIUM;
    return urgency >= levels->low ? LEVEL_LOW : LEVEL_INFO;
}

static int read_urgency(const struct names *names)
{
    double urgency;

    if (!names_number(names, NAME_URGENCY, &urgency))
        return -1;
    if (urgency < 0)
        return 0;
    return urgency > 100 ? 100 : (int)urgency;
}

/* A level that is unknown counts as medium for those who must show one, and is no value for rules.
 */
static void set_level(struct view *view, const struct names *names, const struct levels *levels)
{
    view->urgency = read_urgency(names);
    bool lacks_urgency = view->urgency < 0 && names_is_unknown(names, NAME_URGENCY);
    bool is_known = true;

    if (view->urgency >= 0) {
        json_object_set_new(view->root, "urgency", json_integer(view->urgency));
        view->level = level_of_urgency(view->urgency, levels);
    } else if (!names_priority(names, &view->level)) {
        is_known = !lacks_urgency && !names_is_unknown(names, NAME_PRIORITY);
        view->level = is_known ? LEVEL_INFO : LEVEL_MEDIUM;
    }
    if (lacks_urgency)
        set_unknown(view, "urgency");
    if (is_known)
        set_text(view, "level", level_name(view->level));
    else
        set_unknown(view, "level");
}

/* What an update changed, by the keys that Sekoia's events use. */
static const char *change_of(const char *key)
{
    static const struct {
        const char *key, *change;
    } changes[] = {
        {"status", "status"},
        {"status_name", "status"},
        {"status_uuid", "status"},
        {"dynamic_urgency_value", "urgency"},
        {"similar", "occurrences"},
        {"added_alerts_uuid", "alerts"},
        {"deleted_alerts_uuid", "alerts"},
    };

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (strcmp(key, changes[i].key) == 0)
            return changes[i].change;
    return strncmp(key, "urgency", strlen("urgency")) == 0 ? "urgency" : key;
}

static void add_change(json_t *changed, json_t *seen, const char *change)
{
    if (json_object_get(seen, change))
        return;
    json_object_set_new(seen, change, json_true());
    json_array_append_new(changed, json_string(change));
}

static void set_changed(struct view *view, const struct event *event)
{
    json_t *updated = json_object_get(event->attributes, "updated");
    bool are_alerts_updated = strcmp(event->action, "alerts-updated") == 0;
    const char *key;
    json_t *value;

    if (json_object_size(updated) == 0 && !are_alerts_updated)
        return;
    json_t *changed = json_array();
    auto_json json_t *seen = json_object();
    json_object_foreach (updated, key, value)
        add_change(changed, seen, change_of(key));
    if (are_alerts_updated)
        add_change(changed, seen, "alerts");
    json_object_set_new(view->root, "changed", changed);
}

enum {
    longest_short_id = 64, /* Sekoia's have 12 or 13 */
};

/* One path segment (RFC 3986, section 3.3), everything but unreserved characters encoded. */
static void append_segment(struct buf *url, const char *segment)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *segment; segment++) {
        if (strchr(unreserved, *segment))
            buf_putc(url, *segment);
        else
            buf_printf(url, "%%%02X", (unsigned char)*segment);
    }
}

static const char *link_folder(enum family family)
{
    switch (family) {
    case FAMILY_ALERT:
    case FAMILY_COMMENT:
        return "operations/alerts";
    case FAMILY_CASE:
        return "operations/cases";
    default:
        return NULL;
    }
}

/* Browsers walk up at a dot segment however it is encoded, so no id may be one. */
static bool is_linkable(const char *short_id)
{
    return strlen(short_id) <= longest_short_id && strcmp(short_id, ".") != 0 &&
           strcmp(short_id, "..") != 0;
}

static void set_link(struct view *view, const struct names *names, const char *app_url)
{
    const char *folder = link_folder(names->family);
    char scratch[VALUE_TEXT_SIZE];
    auto_buf struct buf url = {0};

    if (!app_url || !folder)
        return;
    const char *short_id = names_text(names, NAME_SHORT_ID, scratch);
    if (!short_id && names_is_unknown(names, NAME_SHORT_ID))
        set_unknown(view, "link");
    if (!short_id || !is_linkable(short_id))
        return;
    buf_printf(&url, "%s/%s/", app_url, folder);
    append_segment(&url, short_id);
    set_configured(view, "link", buf_text(&url));
}

struct view *view_create(const struct event *event, const struct enrichment *enrichments,
    size_t count, const struct view_context *context)
{
    struct view *view = mem_alloc(sizeof *view);
    struct names names = names_of(event, enrichments, count);

    view->root = json_object();
    view->unknown = json_object();
    /* First, so that a look-up that is given a common name cannot take its place. */
    set_enrichments(view, enrichments, count);
    set_documents(view, event);
    set_origin(view, event, context);
    set_names(view, &names);
    set_level(view, &names, &context->levels);
    set_changed(view, event);
    set_link(view, &names, context->app_url);
    view->facts = facts_create(&names, view);
    if (names.is_missing)
        set_unknown(view, "facts"); /* there are some, but perhaps not all */
    return view;
}

void view_destroy(struct view *view)
{
    if (!view)
        return;
    json_decref(view->root);
    json_decref(view->unknown);
    facts_release(view->facts);
    free(view->missing);
    free(view);
}

void view_set_rule(struct view *view, const char *rule)
{
    set_configured(view, "rule", rule);
}

void view_show_facts(const struct view *view)
{
    if (!json_object_get(view->root, "facts"))
        json_object_set_new(view->root, "facts", facts_json(view->facts));
}

json_t *view_get(const struct view *view, const struct path *path, bool *unknown)
{
    const char *name = path->parts[0];
    bool is_facts = strcmp(name, "facts") == 0;

    if (is_facts)
        view_show_facts(view);
    json_t *value = path_get(path, view->root);
    *unknown = (!value || is_facts) && json_object_get(view->unknown, name);
    return value;
}
