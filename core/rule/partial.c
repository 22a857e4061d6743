#include "rule/partial.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"

static const struct rule_partial *find(const struct rule_partials *partials, const char *name)
{
    for (size_t i = 0; i < partials->count; i++)
        if (strcmp(partials->items[i].name, name) == 0)
            return &partials->items[i];
    return NULL;
}

/* Mustache cuts blanks off the name in {{> name }}, so such a name could not be called. */
static bool is_name(const char *text)
{
    return *text && !strpbrk(text, " \t\r\n{}");
}

static bool check_name(
    const struct rule_partials *partials, const struct yaml *name, struct problems *problems)
{
    const struct rule_partial *first = find(partials, name->text);
    auto_free char *shown = yaml_show(name);

    if (first)
        problem_add(problems, name->place, "the partial %s stands already at %s:%zu", shown,
            first->file, first->place.line);
    else if (!is_name(name->text))
        problem_add(problems, name->place,
            "a partial's name has no blanks and no braces, so it is not %s", shown);
    else
        return true;
    return false;
}

static void read_partial(
    struct rule_partials *partials, const struct yaml_entry *entry, struct problems *problems)
{
    struct rule_partial *partial = &partials->items[partials->count];

    if (!check_name(partials, entry->key, problems))
        return;
    char *file = text_copy(entry->key->place.file ? entry->key->place.file : "");
    *partial = (struct rule_partial){
        .name = text_copy(entry->key->text),
        .file = file,
        .place = {file, entry->key->place.line, entry->key->place.column},
    };
    draft_read(&partial->draft, entry->value, "a partial", file, problems);
    partials->count++;
}

void rule_partials_read(
    struct rule_partials *partials, const struct yaml *map, struct problems *problems)
{
    if (map->kind != YAML_MAP) {
        auto_free char *shown = yaml_show(map);
        if (!map->is_faulty)
            problem_add(problems, map->place,
                "`partials` is a folder's name, or a map of names to texts, not %s", shown);
        return;
    }
    size_t room = partials->count + map->count;
    partials->items = mem_resize(partials->items, room * sizeof *partials->items);
    for (size_t i = 0; i < map->count; i++)
        read_partial(partials, &map->entries[i], problems);
}

void rule_partials_finish(struct rule_partials *partials)
{
    for (size_t i = 0; i < partials->count; i++) {
        free(partials->items[i].name);
        free(partials->items[i].file);
        draft_finish(&partials->items[i].draft);
    }
    free(partials->items);
    *partials = (struct rule_partials){0};
}
