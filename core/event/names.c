#include "event/names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
    ALERT = FAMILY_ALERT,
    ALERTS = FAMILY_ALERT | FAMILY_COMMENT,
    CASE = FAMILY_CASE,
    PROPOSAL = FAMILY_PROPOSAL,
    OTHER = FAMILY_OTHER,
    ANY = 31,
};

enum origin {
    UPDATED, /* attributes.updated: the news themselves */
    OBJECT,  /* what was looked up */
    POSTED,  /* attributes, where the sender put more than ids into them */
    DOCUMENT /* the posted document itself: senders other than Sekoia have no attributes */
};

struct source {
    const char *name;
    int families;
    enum origin origin;
    const char *path;
};

/* The sources of one name stand in order of precedence. Names that are not common names serve facts
 * and links only. */
static const struct source sources[] = {
    {"title", ALERT | CASE | OTHER, UPDATED, "title"},
    {"title", ANY, OBJECT, "title"},
    {"title", ALERTS, OBJECT, "rule.name"},
    {"title", PROPOSAL | OTHER, OBJECT, "name"},
    {"title", ALERT | CASE | PROPOSAL | OTHER, POSTED, "title"},
    {"title", ALERT, POSTED, "rule_name"},
    {"title", PROPOSAL, POSTED, "name"},
    {"title", OTHER, DOCUMENT, "title"},

    {"text", FAMILY_COMMENT, POSTED, "content"},
    {"text", ALERT | CASE | OTHER, UPDATED, "description"},
    {"text", ALERT | CASE | PROPOSAL | OTHER, OBJECT, "description"},
    {"text", ALERT, OBJECT, "details"},
    {"text", ALERT | CASE | PROPOSAL | OTHER, POSTED, "description"},
    {"text", OTHER, POSTED, "text"},
    {"text", OTHER, DOCUMENT, "text"},

    {"status", ALERT | CASE | OTHER, UPDATED, "status_name"},
    {"status", ALERTS | CASE, OBJECT, "custom_status.label"},
    {"status", ALERTS | OTHER, OBJECT, "status.name"},
    {"status", CASE | PROPOSAL | OTHER, OBJECT, "status"},
    {"status", ALERT | CASE | OTHER, POSTED, "status_name"},
    {"status", CASE | PROPOSAL | OTHER, POSTED, "status"},
    {"status", OTHER, DOCUMENT, "status"},

    {"urgency", ALERT, UPDATED, "dynamic_urgency_value"},
    {"urgency", ALERT, UPDATED, "urgency_current_value"},
    {"urgency", ALERTS, OBJECT, "urgency.current_value"},
    {"urgency", ALERTS, OBJECT, "urgency.value"},
    {"urgency", ALERTS | OTHER, OBJECT, "urgency"},
    {"urgency", ALERT, POSTED, "urgency_current_value"},
    {"urgency", OTHER, POSTED, "urgency"},
    {"urgency", OTHER, DOCUMENT, "urgency"},

    {"priority", CASE | OTHER, UPDATED, "priority"},
    {"priority", CASE, OBJECT, "custom_priority.label"},
    {"priority", CASE | PROPOSAL | OTHER, OBJECT, "priority"},
    {"priority", CASE | PROPOSAL | OTHER, POSTED, "priority"},
    {"priority", OTHER, POSTED, "level"},
    {"priority", OTHER, DOCUMENT, "level"},

    {"entity", ALERTS | OTHER, OBJECT, "entity.name"},
    {"entity", ALERTS | OTHER, OBJECT, "entity"},
    {"entity", ALERT | OTHER, POSTED, "entity_name"},
    {"entity", OTHER, POSTED, "entity"},
    {"entity", OTHER, DOCUMENT, "entity"},

    {"source", ALERTS | OTHER, OBJECT, "source"},
    {"source", ALERT | OTHER, POSTED, "source"},

    {"target", ALERTS | OTHER, OBJECT, "target"},
    {"target", ALERT | OTHER, POSTED, "target"},

    {"short_id", ALERTS | CASE, OBJECT, "short_id"},
    {"short_id", ALERT | CASE, POSTED, "short_id"},
    {"short_id", ALERTS, POSTED, "alert_short_id"},

    {"display", ALERTS, OBJECT, "urgency.display"},
    {"category", ALERTS, OBJECT, "alert_type.category"},
    {"category", ALERT, POSTED, "alert_type_category"},
    {"kind", ALERTS, OBJECT, "alert_type.value"},
    {"kind", ALERT, POSTED, "alert_type_value"},
    {"rule_name", ALERTS, OBJECT, "rule.name"},
    {"rule_name", ALERT, POSTED, "rule_name"},
    {"occurrences", ALERT, UPDATED, "similar"},
    {"occurrences", ALERTS, OBJECT, "similar"},
    {"occurrences", ALERT, POSTED, "similar"},
    {"first_seen", ALERTS, OBJECT, "first_seen_at"},
    {"first_seen", ALERT, POSTED, "first_seen_at"},
    {"alerts", CASE, OBJECT, "number_of_alerts"},
    {"tlp", PROPOSAL, OBJECT, "tlp"},
};

static const struct source *const sources_end = sources + sizeof sources / sizeof *sources;

static const struct {
    const char *type;
    enum family family;
    const char *object;
} families[] = {
    {"alert", FAMILY_ALERT, "alert"},
    {"alert-comment", FAMILY_COMMENT, "alert"},
    {"case", FAMILY_CASE, "case"},
    {"content-proposal", FAMILY_PROPOSAL, "proposal"},
};

enum family family_of(const char *type)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].type, type) == 0)
            return families[i].family;
    return FAMILY_OTHER;
}

const char *family_object(enum family family)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i].family == family)
            return families[i].object;
    return NULL;
}

/* The source that follows `last` for the name; the first one where last is NULL, NULL at the end.
 */
static const struct source *next_source(
    const struct names *names, const char *name, const struct source *last)
{
    for (const struct source *source = last ? last + 1 : sources; source < sources_end; source++)
        if (source->families & (int)names->family && strcmp(source->name, name) == 0)
            return source;
    return NULL;
}

static const json_t *read_source(const struct names *names, const struct source *source)
{
    const json_t *root = names->posted;

    if (source->origin == UPDATED)
        root = json_object_get(names->posted, "updated");
    else if (source->origin == OBJECT)
        root = names->object;
    else if (source->origin == DOCUMENT)
        root = names->document;
    return value_at(root, source->path);
}

/* The source's text; NULL where it is blank or none. A flag is no text for people. */
static const char *read_text(
    const struct names *names, const struct source *source, char scratch[VALUE_TEXT_SIZE])
{
    const json_t *value = read_source(names, source);
    const char *text = json_is_boolean(value) ? NULL : value_text(value, scratch);

    return text && text[strspn(text, " \t\r\n")] != '\0' ? text : NULL;
}

const char *names_text(const struct names *names, const char *name, char scratch[VALUE_TEXT_SIZE])
{
    const struct source *source = NULL;

    while ((source = next_source(names, name, source))) {
        const char *text = read_text(names, source, scratch);
        if (text)
            return text;
    }
    return NULL;
}

bool names_number(const struct names *names, const char *name, double *number)
{
    const struct source *source = NULL;

    while ((source = next_source(names, name, source)))
        if (value_number(read_source(names, source), number))
            return true;
    return false;
}

bool names_priority(const struct names *names, enum view_level *level)
{
    const struct source *source = NULL;
    char scratch[VALUE_TEXT_SIZE];

    while ((source = next_source(names, "priority", source))) {
        const char *text = read_text(names, source, scratch);
        if (text && strcasecmp(text, "critical") == 0)
            return *level = LEVEL_URGENT, true;
        if (text && level_parse(text, level))
            return true;
    }
    return false;
}

bool names_is_unknown(const struct names *names, const char *name)
{
    const struct source *source = NULL;

    while (names->is_missing && (source = next_source(names, name, source)))
        if (source->origin == OBJECT)
            return true;
    return false;
}
