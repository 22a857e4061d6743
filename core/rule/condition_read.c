/* From YAML to conditions: how tests are combined. */
#include "rule/condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/compilation.h"

/* The map of a combinator. An empty one is always true, which only a whole `match` may say. */
static void read_inner(struct compilation *compilation, const struct yaml *node,
    const char *combinator, struct condition *condition)
{
    if (node->kind == YAML_MAP && node->count > 0) {
        condition_read_inside(compilation, node, condition);
        return;
    }
    auto_free char *shown = yaml_show(node);
    if (!node->is_faulty)
        problem_add(compilation->problems, node->place,
            "`%s` combines maps of fields with conditions, not %s", combinator,
            node->kind == YAML_MAP ? "an empty one" : shown);
}

static void read_many(
    struct compilation *compilation, const struct yaml_entry *entry, struct condition *condition)
{
    const struct yaml *list = entry->value;

    if (list->kind != YAML_LIST || list->count == 0) {
        auto_free char *shown = yaml_show(list);
        if (!list->is_faulty)
            problem_add(compilation->problems, list->place,
                "`%s` needs a list of conditions, not %s", entry->key->text,
                list->kind == YAML_LIST ? "an empty one" : shown);
        return;
    }
    condition->children = mem_alloc(list->count * sizeof *condition->children);
    for (size_t i = 0; i < list->count; i++)
        read_inner(compilation, list->items[i], entry->key->text,
            &condition->children[condition->count++]);
}

static void read_entry(
    struct compilation *compilation, const struct yaml_entry *entry, struct condition *condition)
{
    const char *key = entry->key->text;

    if (strcmp(key, "any") == 0 || strcmp(key, "all") == 0) {
        condition->kind = strcmp(key, "any") == 0 ? CONDITION_ANY : CONDITION_ALL;
        read_many(compilation, entry, condition);
    } else if (strcmp(key, "not") == 0) {
        condition->kind = CONDITION_NOT;
        condition->children = mem_alloc(sizeof *condition->children);
        condition->count = 1;
        read_inner(compilation, entry->value, "not", condition->children);
    } else {
        condition->kind = CONDITION_TEST;
        test_read(compilation, entry, &condition->test);
    }
}

/* All entries of the map must hold. */
void condition_read_inside(
    struct compilation *compilation, const struct yaml *map, struct condition *condition)
{
    condition->children = mem_alloc(map->count * sizeof *condition->children);
    for (size_t i = 0; i < map->count; i++)
        read_entry(compilation, &map->entries[i], &condition->children[condition->count++]);
}

void condition_read(
    struct compilation *compilation, const struct yaml *match, struct condition *condition)
{
    compilation->reads_rule = false;
    if (match->kind == YAML_MAP) {
        condition_read_inside(compilation, match, condition);
        return;
    }
    auto_free char *shown = yaml_show(match);
    if (!match->is_faulty)
        problem_add(compilation->problems, match->place,
            "`match` is a map of fields with conditions, not %s; for every event write match: {}",
            shown);
}
