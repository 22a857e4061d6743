/* From YAML to conditions. Types come from the field that is tested, never from YAML: `NO`, `on`
 * and `08` are texts. */
#include "rule/condition.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/compilation.h"
#include "rule/field.h"
#include "rule/words.h"

static const char *const operators[] = {
    "eq", "ne", "in", "gt", "gte", "lt", "lte", "exists", "contains", "glob", NULL};
static const char *const planned_operators[] = {
    "regex", "cidr", "has", "newer_than", "older_than", NULL};

static bool is_text(const struct yaml *node)
{
    return node->kind == YAML_SCALAR && node->text[0] != '\0';
}

/* What is wrong with a faulty node was said when it was loaded. */
static void complain_of_operand(struct compilation *compilation, const struct yaml *node)
{
    auto_free char *shown = yaml_show(node);

    if (node->is_faulty)
        return;
    if (node->kind == YAML_NULL || node->kind == YAML_SCALAR || node->count == 0)
        problem_add(compilation->problems, node->place,
            "%s: nothing can be compared with %s; for what is absent write {exists: false}",
            compilation->field, shown);
    else
        problem_add(compilation->problems, node->place,
            "%s: a comparison needs one text or number, not %s", compilation->field, shown);
}

/* Adds an operand; false, and reported, where the node is no text. */
static bool add_operand(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    if (!is_text(node)) {
        complain_of_operand(compilation, node);
        return false;
    }
    operand_init(&comparison->operands[comparison->count++], node->text);
    return true;
}

/* A list: any of its values. */
static void read_list(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    if (node->kind != YAML_LIST || node->count == 0) {
        if (node->kind == YAML_SCALAR)
            problem_add(compilation->problems, node->place, "`in` needs a list: [%s]", node->text);
        else
            complain_of_operand(compilation, node);
        return;
    }
    comparison->operands = mem_alloc(node->count * sizeof *comparison->operands);
    for (size_t i = 0; i < node->count; i++)
        add_operand(compilation, node->items[i], comparison);
}

static bool is_order(enum operation operation)
{
    return operation >= OP_GT && operation <= OP_LTE;
}

static void read_single(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    comparison->operands = mem_alloc(sizeof *comparison->operands);
    if (!add_operand(compilation, node, comparison) || !is_order(comparison->operation))
        return;
    const struct operand *operand = comparison->operands;
    if (operand->is_number || operand->is_level || operand->is_time)
        return;
    auto_free char *shown = yaml_show(node);
    problem_add(compilation->problems, node->place,
        "%s is neither a number, nor a level (info low medium high urgent), nor a time (RFC 3339)",
        shown);
}

static void read_presence(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    bool is_flag = node->kind == YAML_SCALAR &&
                   (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0);

    if (!is_flag && !node->is_faulty) {
        auto_free char *shown = yaml_show(node);
        problem_add(compilation->problems, node->place, "`exists` is true or false, not %s", shown);
        return;
    }
    comparison->wants_presence = is_flag && strcmp(node->text, "true") == 0;
}

static void read_comparison(struct compilation *compilation, enum operation operation,
    const struct yaml *node, struct test *test)
{
    struct comparison *comparison = &test->comparisons[test->count++];

    comparison->operation = operation;
    if (operation == OP_EXISTS)
        read_presence(compilation, node, comparison);
    else if (operation == OP_IN)
        read_list(compilation, node, comparison);
    else
        read_single(compilation, node, comparison);
}

/* An unknown operator with something inside is most likely a field inside the field. */
static bool check_operator(
    struct compilation *compilation, const struct yaml_entry *entry, const struct test *test)
{
    const struct words words = {"operator", operators, planned_operators};
    bool looks_inside = entry->value->kind == YAML_MAP;

    if (!looks_inside || is_word_of(operators, entry->key->text) ||
        is_word_of(planned_operators, entry->key->text))
        return words_check(&words, entry->key, compilation->problems);
    problem_add(compilation->problems, entry->key->place,
        "\"%s\" is no operator; the field inside is written %s.%s", entry->key->text,
        test->path.text, entry->key->text);
    return false;
}

static void read_operators(
    struct compilation *compilation, const struct yaml *map, struct test *test)
{
    enum operation operation;

    if (map->count == 0)
        complain_of_operand(compilation, map);
    for (size_t i = 0; i < map->count; i++)
        if (check_operator(compilation, &map->entries[i], test) &&
            operation_parse(map->entries[i].key->text, &operation))
            read_comparison(compilation, operation, map->entries[i].value, test);
}

static void read_comparisons(
    struct compilation *compilation, const struct yaml *value, struct test *test)
{
    size_t room = value->kind == YAML_MAP ? value->count : 1;

    test->comparisons = mem_alloc(room * sizeof *test->comparisons);
    if (value->kind == YAML_MAP)
        read_operators(compilation, value, test);
    else
        read_comparison(compilation, value->kind == YAML_LIST ? OP_IN : OP_EQ, value, test);
}

static bool asks_presence_only(const struct test *test)
{
    for (size_t i = 0; i < test->count; i++)
        if (test->comparisons[i].operation != OP_EXISTS)
            return false;
    return true;
}

/* `level: critical` and `urgency: {gte: high}` would only never match. */
static void check_operands(struct compilation *compilation, const struct comparison *comparison,
    const struct test *test, struct place place)
{
    bool is_level = strcmp(test->path.text, "level") == 0;
    bool is_urgency = strcmp(test->path.text, "urgency") == 0;

    for (size_t i = 0; i < comparison->count; i++) {
        const struct operand *operand = &comparison->operands[i];
        if (is_level && !operand->is_level)
            problem_add(compilation->problems, place,
                "unknown level \"%s\"; the levels are info low medium high urgent", operand->text);
        if (is_urgency && !operand->is_number)
            problem_add(compilation->problems, place,
                "urgency is a number, \"%s\" is none; words are compared with level",
                operand->text);
    }
}

static void check_comparisons(
    struct compilation *compilation, const struct test *test, struct place place)
{
    for (size_t i = 0; i < test->count; i++)
        if (test->comparisons[i].operation <= OP_LTE)
            check_operands(compilation, &test->comparisons[i], test, place);
}

static void read_test(
    struct compilation *compilation, const struct yaml_entry *entry, struct condition *condition)
{
    struct test *test = &condition->test;
    struct place place = entry->key->place;
    auto_error struct error error = {0};

    condition->kind = CONDITION_TEST;
    test->line = place.line;
    if (!path_init(&test->path, entry->key->text, &error)) {
        problem_add(compilation->problems, place, "%s", error_text(&error));
        return;
    }
    compilation->field = test->path.text;
    read_comparisons(compilation, entry->value, test);
    if (test->path.count > 1 || !asks_presence_only(test))
        field_check(&test->path, place, compilation->problems);
    check_comparisons(compilation, test, place);
    if (strcmp(test->path.parts[0], "rule") == 0)
        compilation->reads_rule = true;
}

static void read_map(
    struct compilation *compilation, const struct yaml *map, struct condition *condition);

/* The map of a combinator. An empty one is always true, which only a whole `match` may say. */
static void read_inner(struct compilation *compilation, const struct yaml *node,
    const char *combinator, struct condition *condition)
{
    if (node->kind == YAML_MAP && node->count > 0) {
        read_map(compilation, node, condition);
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
        read_test(compilation, entry, condition);
    }
}

/* All entries of the map must hold. */
static void read_map(
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
        read_map(compilation, match, condition);
        return;
    }
    auto_free char *shown = yaml_show(match);
    if (!match->is_faulty)
        problem_add(compilation->problems, match->place,
            "`match` is a map of fields with conditions, not %s; for every event write match: {}",
            shown);
}
