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
    enum name name;
    int families;
    enum origin origin;
    const char *path;
};

/* The sources of one name stand in order of precedence. */
static const struct source sources[] = {
    {NAME_TITLE, ALERT | CASE | OTHER, UPDATED, "title"},
    {NAME_TITLE, ANY, OBJECT, "title"},
    {NAME_TITLE, ALERTS, OBJECT, "rule.name"},
    {NAME_TITLE, PROPOSAL | OTHER, OBJECT, "name"},
    {NAME_TITLE, ALERT | CASE | PROPOSAL | OTHER, POSTED, "title"},
    {NAME_TITLE, ALERT, POSTED, "rule_name"},
    {NAME_TITLE, PROPOSAL, POSTED, "name"},
    {NAME_TITLE, OTHER, DOCUMENT, "title"},

    {NAME_TEXT, FAMILY_COMMENT, POSTED, "content"},
    {NAME_TEXT, ALERT | CASE | OTHER, UPDATED, "description"},
    {NAME_TEXT, ALERT | CASE | PROPOSAL | OTHER, OBJECT, "description"},
    {NAME_TEXT, ALERT, OBJECT, "details"},
    {NAME_TEXT, ALERT | CASE | PROPOSAL | OTHER, POSTED, "description"},
    {NAME_TEXT, OTHER, POSTED, "text"},
    {NAME_TEXT, OTHER, DOCUMENT, "text"},

    {NAME_STATUS, ALERT | CASE | OTHER, UPDATED, "status_name"},
    {NAME_STATUS, ALERTS | CASE, OBJECT, "custom_status.label"},
    {NAME_STATUS, ALERTS | OTHER, OBJECT, "status.name"},
    {NAME_STATUS, CASE | PROPOSAL | OTHER, OBJECT, "status"},
    {NAME_STATUS, ALERT | CASE | OTHER, POSTED, "status_name"},
    {NAME_STATUS, CASE | PROPOSAL | OTHER, POSTED, "status"},
    {NAME_STATUS, OTHER, DOCUMENT, "status"},

    {NAME_URGENCY, ALERT, UPDATED, "dynamic_urgency_value"},
    {NAME_URGENCY, ALERT, UPDATED, "urgency_current_value"},
    {NAME_URGENCY, ALERTS, OBJECT, "urgency.current_value"},
    {NAME_URGENCY, ALERTS, OBJECT, "urgency.value"},
    {NAME_URGENCY, ALERTS | OTHER, OBJECT, "urgency"},
    {NAME_URGENCY, ALERT, POSTED, "urgency_current_value"},
    {NAME_URGENCY, OTHER, POSTED, "urgency"},
    {NAME_URGENCY, OTHER, DOCUMENT, "urgency"},

    {NAME_PRIORITY, CASE | OTHER, UPDATED, "priority"},
    {NAME_PRIORITY, CASE, OBJECT, "custom_priority.label"},
    {NAME_PRIORITY, CASE | PROPOSAL | OTHER, OBJECT, "priority"},
    {NAME_PRIORITY, CASE | PROPOSAL | OTHER, POSTED, "priority"},
    {NAME_PRIORITY, OTHER, POSTED, "level"},
    {NAME_PRIORITY, OTHER, DOCUMENT, "level"},

    {NAME_ENTITY, ALERTS | OTHER, OBJECT, "entity.name"},
    {NAME_ENTITY, ALERTS | OTHER, OBJECT, "entity"},
    {NAME_ENTITY, ALERT | OTHER, POSTED, "entity_name"},
    {NAME_ENTITY, OTHER, POSTED, "entity"},
    {NAME_ENTITY, OTHER, DOCUMENT, "entity"},

    {NAME_SOURCE, ALERTS | OTHER, OBJECT, "source"},
    {NAME_SOURCE, ALERT | OTHER, POSTED, "source"},

    {NAME_TARGET, ALERTS | OTHER, OBJECT, "target"},
    {NAME_TARGET, ALERT | OTHER, POSTED, "target"},

    {NAME_SHORT_ID, ALERTS | CASE, OBJECT, "short_id"},
    {NAME_SHORT_ID, ALERT | CASE, POSTED, "short_id"},
    {NAME_SHORT_ID, ALERTS, POSTED, "alert_short_id"},

    {NAME_CATEGORY, ALERTS, OBJECT, "alert_type.category"},
    {NAME_CATEGORY, ALERT, POSTED, "alert_type_category"},
    {NAME_KIND, ALERTS, OBJECT, "alert_type.value"},
    {NAME_KIND, ALERT, POSTED, "alert_type_value"},
    {NAME_RULE_NAME, ALERTS, OBJECT, "rule.name"},
    {NAME_RULE_NAME, ALERT, POSTED, "rule_name"},
    {NAME_OCCURRENCES, ALERT, UPDATED, "similar"},
    {NAME_OCCURRENCES, ALERTS, OBJECT, "similar"},
    {NAME_OCCURRENCES, ALERT, POSTED, "similar"},
    {NAME_FIRST_SEEN, ALERTS, OBJECT, "first_seen_at"},
    {NAME_FIRST_SEEN, ALERT, POSTED, "first_seen_at"},
    {NAME_ALERTS, CASE, OBJECT, "number_of_alerts"},
    {NAME_TLP, PROPOSAL, OBJECT, "tlp"},
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
    const struct names *names, enum name name, const struct source *last)
{
    for (const struct source *source = last ? last + 1 : sources; source < sources_end; source++)
        if (source->name == name && source->families & (int)names->family)
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

const char *names_text(const struct names *names, enum name name, char scratch[VALUE_TEXT_SIZE])
{
    const struct source *source = NULL;

    while ((source = next_source(names, name, source))) {
        const char *text = read_text(names, source, scratch);
        if (text)
            return text;
    }
    return NULL;
}

bool names_number(const struct names *names, enum name name, double *number)
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

    while ((source = next_source(names, NAME_PRIORITY, source))) {
        const char *text = read_text(names, source, scratch);
        if (text && strcasecmp(text, "critical") == 0)
            return *level = LEVEL_URGENT, true;
        if (text && level_parse(text, level))
            return true;
    }
    return false;
}

bool names_is_unknown(const struct names *names, enum name name)
{
    const struct source *source = NULL;

    while (names->is_missing && (source = next_source(names, name, source)))
        if (source->origin == OBJECT)
            return true;
    return false;
}
