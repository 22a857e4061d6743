#include "rule/review.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "event/names.h"
#include "event/objects.h"
#include "event/path.h"
#include "rule/field.h"
#include "rule/vocabulary.h"
#include "rule/words.h"

enum {
    every_family = FAMILY_ALERT | FAMILY_COMMENT | FAMILY_CASE | FAMILY_PROPOSAL | FAMILY_OTHER,
};

/* Which events have the object. */
static const struct owner {
    const char *name;
    int families;
} owners[] = {
    {"alert", FAMILY_ALERT | FAMILY_COMMENT},
    {"comment", FAMILY_COMMENT},
    {"case", FAMILY_CASE},
    {"proposal", FAMILY_PROPOSAL},
};

static const struct owner *owner_of(const char *name)
{
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++)
        if (strcmp(owners[i].name, name) == 0)
            return &owners[i];
    return NULL;
}

static bool is_looked_up(const struct review *review, const char *name)
{
    for (size_t i = 0; i < review->looked_up_count; i++)
        if (strcmp(review->looked_up[i], name) == 0)
            return true;
    return false;
}

/* The texts that a value is compared with for equality: one, or those of a list. */
static size_t equals_of(const struct yaml *value, const struct yaml *const **texts)
{
    *texts = NULL;
    if (value->kind != YAML_LIST)
        return value->kind == YAML_SCALAR ? 1 : 0;
    *texts = (const struct yaml *const *)value->items;
    return value->count;
}

static const struct yaml *nth_text(
    const struct yaml *value, const struct yaml *const *texts, size_t position)
{
    return texts ? texts[position] : value;
}

static int families_of_texts(const struct yaml *value)
{
    const struct yaml *const *texts;
    size_t count = equals_of(value, &texts);
    int families = 0;

    for (size_t i = 0; i < count; i++) {
        const struct yaml *text = nth_text(value, texts, i);
        const char *meant =
            text->kind == YAML_SCALAR ? vocabulary_meant("type", every_family, text->text) : NULL;
        if (text->kind == YAML_SCALAR)
            families |= (int)family_of(meant ? meant : text->text);
    }
    return families ? families : every_family;
}

/* Which families the `type` of a map leaves. */
static int narrow(const struct yaml *map, int families)
{
    const struct yaml *type = yaml_get(map, "type");
    const struct yaml *equal = type;

    if (type && type->kind == YAML_MAP)
        equal = yaml_get(type, "eq") ? yaml_get(type, "eq") : yaml_get(type, "in");
    return equal ? families & families_of_texts(equal) : families;
}

static bool is_written(const struct yaml *value, const char *word)
{
    const struct yaml *const *texts;
    size_t count = equals_of(value, &texts);

    for (size_t i = 0; i < count; i++) {
        const struct yaml *text = nth_text(value, texts, i);
        if (text->kind == YAML_SCALAR && strcmp(text->text, word) == 0)
            return true;
    }
    return false;
}

/* `${HOST}`, `${file:...}`: what tocsin.yaml would replace. */
static bool looks_replaced(const char *text)
{
    const char *name = strstr(text, "${");
    size_t len = name ? strspn(name + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789_")
                      : 0;

    return len > 0 && (name[2 + len] == '}' || name[2 + len] == ':');
}

static void review_replacement(const struct review *review, const struct yaml *text)
{
    auto_free char *shown = yaml_show(text);

    if (looks_replaced(text->text))
        problem_warn(review->problems, text->place,
            "%s is compared as it stands: ${...} is replaced in tocsin.yaml only", shown);
}

/* Whether events come by that hook, or are tocsin's own alarms. */
static void review_hook(const struct review *review, const struct yaml *text)
{
    const struct yaml *hooks = review->hooks;
    auto_free const char **names = mem_alloc((hooks ? hooks->count : 0) * sizeof *names);
    auto_free char *shown = yaml_show(text);

    if (!hooks || yaml_get(hooks, text->text) || strcmp(text->text, "tocsin") == 0)
        return;
    for (size_t i = 0; i < hooks->count; i++)
        names[i] = hooks->entries[i].key->text;
    const char *near = nearest_word(text->text, names, hooks->count);
    if (near)
        problem_warn(review->problems, text->place, "no hook is called %s; did you mean \"%s\"?",
            shown, near);
    else
        problem_warn(review->problems, text->place, "no hook is called %s", shown);
}

/* One who writes both ways knows what may come. */
static void review_words(
    const struct review *review, const char *path, int families, const struct yaml *value)
{
    const struct yaml *const *texts;
    size_t count = equals_of(value, &texts);

    for (size_t i = 0; i < count; i++) {
        const struct yaml *text = nth_text(value, texts, i);
        if (text->kind != YAML_SCALAR || text->is_faulty)
            continue;
        review_replacement(review, text);
        if (strcmp(path, "hook") == 0)
            review_hook(review, text);
        const char *meant = vocabulary_meant(path, families, text->text);
        auto_free char *shown = yaml_show(text);
        if (meant && !is_written(value, meant))
            problem_warn(review->problems, text->place,
                "%s is never %s: what is written there is \"%s\"", path, shown, meant);
    }
}

static void review_operators(
    const struct review *review, const char *path, int families, const struct yaml *value)
{
    static const char *const equalities[] = {"eq", "ne", "in", NULL};

    if (value->kind != YAML_MAP) {
        review_words(review, path, families, value);
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        if (is_word_of(equalities, value->entries[i].key->text))
            review_words(review, path, families, value->entries[i].value);
}

static void warn_of_sighting(const struct review *review, const struct path *path,
    struct place place, enum sighting sighting, const char *where, const char *meant)
{
    if (sighting == SIGHTED_INSIDE_TEXT)
        problem_warn(review->problems, place,
            "\"%s\" is never there: \"%s\" is a plain value and has no parts", path->text, where);
    else if (sighting == SIGHTED_INSIDE_LIST)
        problem_warn(review->problems, place,
            "\"%s\" is never there: \"%s\" is a list; test the list itself, of which one element "
            "must "
            "hold (`has` looks into objects), or name one by its number: %s.0",
            path->text, where, where);
    else if (meant)
        problem_warn(review->problems, place,
            "no event is known to have \"%s\"; did you mean \"%s\"?", path->text, meant);
    else
        problem_warn(review->problems, place,
            "no event is known to have \"%s\": nothing like it is in \"%s\"", path->text, where);
}

/* What a sender puts into attributes and metadata is free, so of these only a name that is nearly
 * one of Sekoia's is told, and only where the events are Sekoia's. */
static bool is_free(const struct path *path, int families)
{
    return (strcmp(path->parts[0], "attributes") == 0 || strcmp(path->parts[0], "metadata") == 0) &&
           (families & FAMILY_OTHER) != 0;
}

static void review_inside(
    const struct review *review, const struct path *path, struct place place, int families)
{
    auto_free char *where = NULL, *meant = NULL;
    bool is_open =
        strcmp(path->parts[0], "attributes") == 0 || strcmp(path->parts[0], "metadata") == 0;

    if (is_free(path, families))
        return;
    enum sighting sighting = objects_look(path, &where, &meant);
    if (sighting != SIGHTED && !(is_open && sighting == SIGHTED_NOWHERE && !meant))
        warn_of_sighting(review, path, place, sighting, where, meant);
}

/* What field_check() tells of is left out; of what may be an object it is not asked. */
static void review_name(
    const struct review *review, const struct path *path, struct place place, bool is_unasked)
{
    const char *name = path->parts[0];
    const char *near = field_nearest(name);

    if (field_is_name(name) || (field_is_told(path) && !(is_unasked && path->count == 1)))
        return;
    if (near)
        problem_warn(review->problems, place,
            "\"%s\" is never there: no look-up is called so; did you mean \"%s\"?", name, near);
    else
        problem_warn(review->problems, place,
            "\"%s\" is never there: no event has such a name, and no look-up is called so", name);
}

/* The event itself says whose it is, at once and whether or not the look-up succeeds. */
static void review_tenant(const struct review *review, const struct path *path, struct place place)
{
    if (strcmp(path->text, "alert.community_uuid") == 0 ||
        strcmp(path->text, "case.community_uuid") == 0)
        problem_warn(review->problems, place,
            "\"%s\" is unknown whenever the look-up fails, and the rule then sends to this tenant "
            "what may be another's; \"metadata.community_uuid\" stands in every event",
            path->text);
}

/* As rule/test_read.c has it: of these field_check() tells nothing. */
static bool may_be_of_object(const struct yaml *value)
{
    for (size_t i = 0; value->kind == YAML_MAP && i < value->count; i++)
        if (strcmp(value->entries[i].key->text, "exists") != 0 &&
            strcmp(value->entries[i].key->text, "has") != 0)
            return false;
    return value->kind == YAML_MAP && value->count > 0;
}

static void review_path(const struct review *review, const struct path *path,
    const struct yaml_entry *entry, int families)
{
    const char *root = path->parts[0];
    const struct owner *owner = owner_of(root);
    struct place place = entry->key->place;

    if (is_looked_up(review, root))
        return;
    review_name(review, path, place, may_be_of_object(entry->value));
    if (owner && !(owner->families & families))
        problem_warn(review->problems, place,
            "\"%s\" is never there: events of the type that this match asks for have no \"%s\"",
            path->text, root);
    else
        review_inside(review, path, place, families);
    if (!may_be_of_object(entry->value))
        review_tenant(review, path, place);
}

void review_mention(const struct review *review, const struct path *path, struct place place)
{
    if (is_looked_up(review, path->parts[0]))
        return;
    review_name(review, path, place, false);
    review_inside(review, path, place, every_family);
}

static void review_test(const struct review *review, const struct yaml_entry *entry, int families)
{
    auto_error struct error error = {0};
    struct path path;

    if (!path_init(&path, entry->key->text, &error))
        return;
    review_path(review, &path, entry, families);
    if (!is_looked_up(review, path.parts[0]))
        review_operators(review, path.text, families, entry->value);
    path_finish(&path);
}

/* As deep as YAML was nested, which is bounded. */
static void review_map(const struct review *review, const struct yaml *map, int families)
{
    if (map->kind != YAML_MAP)
        return;
    families = narrow(map, families);
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_entry *entry = &map->entries[i];
        const struct yaml *value = entry->value;
        const char *key = entry->key->text;
        if (strcmp(key, "not") == 0)
            review_map(review, value, families);
        else if (strcmp(key, "any") != 0 && strcmp(key, "all") != 0)
            review_test(review, entry, families);
        for (size_t j = 0; (strcmp(key, "any") == 0 || strcmp(key, "all") == 0) &&
                           value->kind == YAML_LIST && j < value->count;
             j++)
            review_map(review, value->items[j], families);
    }
}

void review_rules(const struct review *review, const struct yaml *document)
{
    const struct yaml *rules = yaml_get(document, "rules");

    for (size_t i = 0; rules && rules->kind == YAML_LIST && i < rules->count; i++) {
        const struct yaml *match = yaml_get(rules->items[i], "match");
        if (match)
            review_map(review, match, every_family);
    }
}
