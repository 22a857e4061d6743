#include "rule/case_event.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/config.h"
#include "config/filename.h"
#include "config/yaml.h"
#include "event/event.h"
#include "event/names.h"
#include "rule/cases.h"
#include "rule/literal.h"
#include "rule/words.h"

/* What rules see under these names is made of other things: in an event they would say nothing. */
static const char *const made_names[] = {"title", "text", "status", "urgency", "level", "entity",
    "source", "target", "changed", "facts", "link", "rule", "time", "thread", "hook", "comment",
    NULL};

/* Objects of Sekoia's, each looked up for events of other types than the others. */
static const char *const object_names[] = {"alert", "case", "proposal", NULL};

const char *case_object_name(const struct config *config, const char *type, const char **pick)
{
    *pick = NULL;
    for (size_t i = 0; i < config->lookup_count; i++) {
        if (strcmp(config->lookups[i].type, type) == 0) {
            *pick = config->lookups[i].pick;
            return config->lookups[i].as;
        }
    }
    return family_object(family_of(type));
}

void case_file_read(
    struct case_file *file, const struct yaml *node, const char *wanted, struct problems *problems)
{
    auto_free char *shown = yaml_show(node);

    file->place = node->place;
    if (node->kind == YAML_SCALAR && *node->text)
        file->path = filename_absolute(node->text, node->place.file);
    else if (!node->is_faulty)
        problem_add(problems, node->place, "%s, not %s", wanted, shown);
}

/* {file: PATH}, and nothing beside it. */
static void read_file(struct rule_case *test, const struct yaml *node, struct problems *problems)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        if (strcmp(entry->key->text, "file") == 0)
            case_file_read(
                &test->event_file, entry->value, "`file` is the name of a file", problems);
        else
            problem_add(problems, entry->key->place,
                "the event is in a file: \"%s\" cannot stand beside it", entry->key->text);
    }
}

/* What stands in an event of Sekoia's, for slips of the finger. Those of others may have anything.
 */
static void check_member(
    const struct yaml *key, const char *type, const char *object, struct problems *problems)
{
    const char *const known[] = {"type", "action", "attributes", "metadata", object};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] && strcmp(key->text, known[i]) == 0)
            return;
    if (is_word_of(made_names, key->text)) {
        problem_add(problems, key->place,
            "\"%s\" is a name that rules see, and no part of an event of type %s: it is made of "
            "what stands in attributes%s%s",
            key->text, type, object ? " and " : "", object ? object : "");
        return;
    }
    if (is_word_of(object_names, key->text)) {
        problem_add(problems, key->place, "for events of type %s \"%s\" is looked up, not \"%s\"",
            type, object, key->text);
        return;
    }
    const char *near = nearest_word(key->text, known, sizeof known / sizeof *known);
    if (near)
        problem_add(problems, key->place,
            "unknown part of an event of type %s: \"%s\"; did you "
            "mean \"%s\"?",
            type, key->text, near);
}

/* The object leaves the document, since it is looked up and not posted. */
static void take_object(
    struct rule_case *test, const struct yaml_entry *entry, struct problems *problems)
{
    auto_free char *shown = yaml_show(entry->value);

    if (entry->value->kind == YAML_MAP) {
        test->object = json_incref(json_object_get(test->event, entry->key->text));
        json_object_del(test->event, entry->key->text);
    } else if (!entry->value->is_faulty) {
        problem_add(problems, entry->value->place,
            "\"%s\" is what is looked up: a map, not %s; for a look-up in vain write enriched: "
            "false",
            entry->key->text, shown);
    }
}

static void read_members(struct rule_case *test, const struct yaml *node, const char *type,
    const struct config *config, struct problems *problems)
{
    const char *pick, *object = case_object_name(config, type, &pick);
    bool is_known = family_of(type) != FAMILY_OTHER;

    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        if (object && strcmp(entry->key->text, object) == 0)
            take_object(test, entry, problems);
        else if (is_known)
            check_member(entry->key, type, object, problems);
    }
}

/* As a hook would take it. */
static void read_document(struct rule_case *test, const struct yaml *node,
    const struct config *config, struct problems *problems)
{
    auto_error struct error error = {0};

    test->event = literal_json(node);
    auto_free char *bytes = json_dumps(test->event, JSON_COMPACT);
    struct event *event = bytes ? event_parse(bytes, strlen(bytes), &error) : NULL;
    if (event)
        read_members(test, node, event->type, config, problems);
    else if (!node->is_faulty)
        problem_add(problems, node->place, "this is no event: %s", error_text(&error));
    event_destroy(event);
}

void case_event_read(struct rule_case *test, const struct yaml *node, const struct config *config,
    struct problems *problems)
{
    auto_free char *shown = yaml_show(node);

    test->event_place = node->place;
    if (node->kind == YAML_MAP && yaml_get(node, "file") && !yaml_get(node, "type"))
        read_file(test, node, problems);
    else if (node->kind == YAML_MAP)
        read_document(test, node, config, problems);
    else if (!node->is_faulty)
        problem_add(problems, node->place,
            "an event is a map, as it is posted, or {file: PATH}; not %s", shown);
}
