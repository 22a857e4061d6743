#include "event/objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "event/path.h"

/* Dotted paths; # is an element of a list, a slash at the end holds anything. */
static const char *const alert[] = {"uuid", "title", "created_at", "created_by", "created_by_type",
    "updated_at", "updated_by", "updated_by_type", "community_uuid", "short_id", "description",
    "entity.uuid", "entity.name", "urgency.current_value", "urgency.value", "urgency.severity",
    "urgency.criticity", "urgency.display", "alert_type.value", "alert_type.category",
    "status.uuid", "status.name", "status.description", "rule.uuid", "rule.name", "rule.severity",
    "rule.type", "rule.pattern", "rule.description", "detection_type", "source", "target",
    "similar", "details", "ttps.#/", "adversaries.#/", "stix/", "kill_chain_short_id",
    "number_of_unseen_comments", "number_of_total_comments", "first_seen_at", "last_seen_at",
    "assets.#", "time_to_detect", "time_to_acknowledge", "time_to_respond", "time_to_resolve",
    "time_to_ingest", "intake_uuids.#", "event_uuids.#", "events_count", "is_incident", "cases.#/",
    "assignee", "verdict_uuid", "verdict/", "custom_status_uuid", "custom_status.uuid",
    "custom_status.label", "custom_status.description", "custom_status.color",
    "custom_status.level", "custom_status.stage", "custom_fields.#/", "comments.#/", "history.#/",
    "countermeasures.#/", "similarity_strategy/", NULL};

static const char *const comment[] = {"uuid", "content", "created_by", "created_by_type",
    "created_at", "updated_at", "alert_uuid", "alert_short_id", "author", "date", "unseen", NULL};

static const char *const case_[] = {"uuid", "short_id", "created_at", "created_by",
    "created_by_type", "updated_at", "updated_by", "updated_by_type", "title", "description",
    "priority", "status", "status_uuid", "community_uuid", "subscribers.#/", "assignees.#/",
    "tags.#", "number_of_comments", "number_of_alerts", "first_seen_at", "last_seen_at", "manual",
    "is_supplied", "verdict_uuid", "verdict/", "custom_status_uuid", "custom_status.uuid",
    "custom_status.label", "custom_status.description", "custom_status.color",
    "custom_status.level", "custom_status.stage", "custom_priority_uuid", "custom_priority.uuid",
    "custom_priority.label", "custom_priority.level", "custom_priority.color",
    "custom_priority.description", "alerts.#/", "comments.#/", "history.#/", "tasks.#/",
    "custom_fields.#/", NULL};

static const char *const proposal[] = {"id", "name", "status", "created", "modified", "assigned_to",
    "reviewer", "source_refs.#", "errors/", "main_report/", "from_report", "tlp", "priority",
    "description", "rfi/", "is_rfi", "created_by", "created_by_type", "image_id", NULL};

static const char *const attributes[] = {"uuid", "short_id", "updated/", "similar", "status_name",
    "status_uuid", "urgency_current_value", "rule_uuid", "rule_name", "entity_uuid", "entity_name",
    "alert_type_category", "alert_type_value", "assets_uuids.#", "created_at", "first_seen_at",
    "last_seen_at", "content", "created_by", "created_by_type", "alert_uuid", "alert_short_id",
    "manual", "title", "priority", "custom_priority_uuid", "source", "target", "event", NULL};

static const char *const metadata[] = {"version", "uuid", "created", "created_at", "community_uuid",
    "avatar_uuid", "user_uuid", "permissions.#/", NULL};

static const char *const changed[] = {"#", NULL};
static const char *const facts[] = {"#.label", "#.value", NULL};

static const struct object {
    const char *name;
    const char *const *paths;
} objects[] = {
    {"alert", alert},
    {"comment", comment},
    {"case", case_},
    {"proposal", proposal},
    {"attributes", attributes},
    {"metadata", metadata},
    {"changed", changed},
    {"facts", facts},
};

enum {
    most_names = 80, /* beside each other in one object */
};

static const char *const *paths_of(const char *name)
{
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (strcmp(objects[i].name, name) == 0)
            return objects[i].paths;
    return NULL;
}

/* What is left of a known path behind its first part, which may be an index: "" at its end, "/"
 * where anything may follow; NULL where the part is another one. */
static const char *rest_behind(const char *known, const char *part)
{
    size_t len = strcspn(known, "./");
    bool is_index = known[0] == '#' && part[strspn(part, "0123456789")] == '\0';

    if (!is_index && (strlen(part) != len || strncmp(known, part, len) != 0))
        return NULL;
    return known[len] == '.' ? known + len + 1 : known + len;
}

/* Where a known path goes on behind the first `count` parts (the object's name not counted); NULL
 * where it is another way. Behind a slash it never ends. */
static const char *follow(const char *known, const struct path *path, size_t count)
{
    for (size_t i = 1; known && *known != '/' && i <= count; i++)
        known = *known ? rest_behind(known, path->parts[i]) : NULL;
    return known;
}

static bool is_known(const char *const *paths, const struct path *path, size_t count)
{
    for (; *paths; paths++)
        if (follow(*paths, path, count))
            return true;
    return false;
}

/* The first parts of the path, the object's name and `count` more. */
static char *head_of(const struct path *path, size_t count)
{
    struct buf text = {0};

    for (size_t i = 0; i <= count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "." : "", path->parts[i]);
    return buf_take(&text);
}

/* The names that may follow the first `count` parts, each once and its own copy. */
static size_t names_behind(
    const char *const *paths, const struct path *path, size_t count, char *names[most_names])
{
    size_t found = 0;

    for (; *paths && found < most_names; paths++) {
        const char *rest = follow(*paths, path, count);
        if (!rest || *rest == '\0' || *rest == '/' || *rest == '#')
            continue;
        char *name = text_copy_n(rest, strcspn(rest, "./"));
        bool is_new = found == 0 || strcmp(names[found - 1], name) != 0;
        if (is_new)
            names[found++] = name;
        else
            free(name);
    }
    return found;
}

/* `rule_name` for `rule.name`, and `current_value` for `urgency.current_value`. */
static bool is_short_for(const char *name, const char *known)
{
    const char *last = strrchr(known, '.');
    size_t len = strlen(name);

    if (strchr(known, '#') || !last)
        return false;
    if (strcmp(last + 1, name) == 0)
        return true;
    if (len != strlen(known))
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] != known[i] && !(name[i] == '_' && known[i] == '.'))
            return false;
    return true;
}

static char *meant_deeper(const char *const *paths, const struct path *path)
{
    for (; path->count == 2 && *paths; paths++)
        if (is_short_for(path->parts[1], *paths))
            return text_format("%s.%s", path->parts[0], *paths);
    return NULL;
}

static char *meant_beside(const char *const *paths, const struct path *path, size_t known)
{
    char *names[most_names] = {NULL};
    size_t count = names_behind(paths, path, known, names);
    const char *near = nearest_word(path->parts[known + 1], (const char *const *)names, count);
    struct buf text = {0};

    if (near) {
        auto_free char *head = head_of(path, known);
        buf_printf(&text, "%s.%s", head, near);
        for (size_t i = known + 2; i < path->count; i++)
            buf_printf(&text, ".%s", path->parts[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    return near ? buf_take(&text) : NULL;
}

/* What the known part of the path is, which has no part as it is written next. */
static enum sighting kind_of(const char *const *paths, const struct path *path, size_t known)
{
    enum sighting kind = SIGHTED_NOWHERE;

    for (; *paths; paths++) {
        const char *rest = follow(*paths, path, known);
        if (rest && *rest == '\0')
            kind = SIGHTED_INSIDE_TEXT;
        else if (rest && *rest == '#')
            kind = SIGHTED_INSIDE_LIST;
    }
    return kind;
}

enum sighting objects_look(const struct path *path, char **where, char **meant)
{
    const char *const *paths = paths_of(path->parts[0]);
    size_t known = 0;

    *where = *meant = NULL;
    if (!paths)
        return SIGHTED;
    while (known + 1 < path->count && is_known(paths, path, known + 1))
        known++;
    if (known + 1 == path->count)
        return SIGHTED;
    enum sighting kind = kind_of(paths, path, known);
    *where = head_of(path, known);
    if (kind == SIGHTED_NOWHERE) {
        *meant = meant_deeper(paths, path);
        if (!*meant)
            *meant = meant_beside(paths, path, known);
    }
    return kind;
}
