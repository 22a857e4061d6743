/* From YAML to tests. Types come from the field that is tested, never from YAML: `NO`, `on` and
 * `08` are texts. */
#include "rule/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/network.h"
#include "base/timestamp.h"
#include "base/units.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/compilation.h"
#include "rule/condition.h"
#include "rule/field.h"
#include "rule/pattern.h"
#include "rule/words.h"

static const char *const operators[] = {"eq", "ne", "in", "gt", "gte", "lt", "lte", "exists",
    "contains", "glob", "regex", "cidr", "has", "newer_than", "older_than", NULL};

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

/* What is no number, no level and no time has no order. Of the common names check_operands() tells
 * it. */
static void read_order(
    struct compilation *compilation, const struct yaml *node, const struct operand *operand)
{
    bool is_told = !compilation->is_inside && (strcmp(compilation->field, "level") == 0 ||
                                                  strcmp(compilation->field, "urgency") == 0);

    if (is_told || operand->is_number || operand->is_level || operand->is_time)
        return;
    auto_free char *shown = yaml_show(node);
    problem_add(compilation->problems, node->place,
        "%s is neither a number, nor a level (info low medium high urgent), nor a time (RFC 3339: "
        "2026-03-01T00:00:00Z)",
        shown);
}

static void read_pattern(
    struct compilation *compilation, const struct yaml *node, struct operand *operand)
{
    auto_error struct error error = {0};

    operand->pattern = patterns_add(compilation->patterns, node->text, &error);
    if (operand->pattern)
        return;
    auto_free char *shown = yaml_show(node);
    problem_add(
        compilation->problems, node->place, "`regex` cannot use %s: %s", shown, error_text(&error));
}

static void read_network(
    struct compilation *compilation, const struct yaml *node, struct operand *operand)
{
    auto_error struct error error = {0};

    if (!network_parse(node->text, &operand->network, &error))
        problem_add(compilation->problems, node->place, "`cidr`: %s", error_text(&error));
}

static void read_age(struct compilation *compilation, enum operation operation,
    const struct yaml *node, struct operand *operand)
{
    if (duration_parse(node->text, &operand->duration_ms))
        return;
    auto_free char *shown = yaml_show(node);
    if (operand->is_time)
        problem_add(compilation->problems, node->place,
            "`%s` needs a duration (30m, 2h, 7d); what is compared with a time is written {%s: %s}",
            operation_name(operation), operation == OP_NEWER_THAN ? "gt" : "lt", shown);
    else
        problem_add(compilation->problems, node->place,
            "`%s` needs a duration such as 30m, 2h or 7d, not %s", operation_name(operation),
            shown);
}

/* Adds an operand, and what its operator makes of it. */
static void add_operand(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    if (!is_text(node)) {
        complain_of_operand(compilation, node);
        return;
    }
    struct operand *operand = &comparison->operands[comparison->count++];
    operand_init(operand, node->text);
    switch (comparison->operation) {
    case OP_GT:
    case OP_GTE:
    case OP_LT:
    case OP_LTE:
        read_order(compilation, node, operand);
        break;
    case OP_REGEX:
        read_pattern(compilation, node, operand);
        break;
    case OP_CIDR:
        read_network(compilation, node, operand);
        break;
    case OP_NEWER_THAN:
    case OP_OLDER_THAN:
        read_age(compilation, comparison->operation, node, operand);
        break;
    default:
        break;
    }
}

static bool may_have_list(enum operation operation)
{
    return operation == OP_IN || operation == OP_NE || operation == OP_CONTAINS ||
           operation == OP_GLOB || operation == OP_CIDR;
}

/* An operator that takes one text was given several. */
static void complain_of_list(
    struct compilation *compilation, enum operation operation, const struct yaml *node)
{
    const char *name = operation_name(operation);

    if (operation == OP_EQ)
        problem_add(compilation->problems, node->place,
            "%s: `eq` takes one value; any of several is `in`", compilation->field);
    else if (operation == OP_REGEX)
        problem_add(compilation->problems, node->place,
            "%s: `regex` takes one pattern: either of two is written 'a|b', and one that begins "
            "with [ needs quotes: '[a-z]'",
            compilation->field);
    else
        problem_add(compilation->problems, node->place, "%s: `%s` takes one value, not a list",
            compilation->field, name);
}

/* One operand, or any of a list. */
static void read_operands(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    bool is_list = node->kind == YAML_LIST && node->count > 0;

    if (comparison->operation == OP_IN && is_text(node)) {
        problem_add(compilation->problems, node->place, "`in` needs a list: [%s]", node->text);
        return;
    }
    if (is_list && !may_have_list(comparison->operation)) {
        complain_of_list(compilation, comparison->operation, node);
        return;
    }
    comparison->operands = mem_alloc((is_list ? node->count : 1) * sizeof *comparison->operands);
    if (!is_list)
        add_operand(compilation, node, comparison);
    for (size_t i = 0; is_list && i < node->count; i++)
        add_operand(compilation, node->items[i], comparison);
}

/* What one element holds. Its names are its own. */
static void read_inside(
    struct compilation *compilation, const struct yaml *node, struct comparison *comparison)
{
    struct compilation outer = *compilation;

    comparison->condition = mem_alloc(sizeof *comparison->condition);
    if (node->kind == YAML_MAP && node->count > 0) {
        compilation->is_inside = true;
        condition_read_inside(compilation, node, comparison->condition);
        *compilation = outer;
        return;
    }
    auto_free char *shown = yaml_show(node);
    if (node->is_faulty)
        return;
    if (is_text(node))
        problem_add(compilation->problems, node->place,
            "%s: `has` asks what an object in a list holds, {slug: team}; that the list itself "
            "holds %s is written without an operator",
            compilation->field, shown);
    else
        problem_add(compilation->problems, node->place,
            "%s: `has` needs a map of what one object holds, {slug: team, value: red}, not %s",
            compilation->field, node->kind == YAML_MAP ? "an empty one" : shown);
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
    else if (operation == OP_HAS)
        read_inside(compilation, node, comparison);
    else
        read_operands(compilation, node, comparison);
}

/* An unknown operator with something inside is most likely a field inside the field. */
static bool check_operator(
    struct compilation *compilation, const struct yaml_entry *entry, const struct test *test)
{
    const struct words words = {"operator", operators};
    bool looks_inside = entry->value->kind == YAML_MAP;

    if (!looks_inside || is_word_of(operators, entry->key->text))
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

/* Whether it is there, and what stands in it, may be asked of what a look-up brings, and that may
 * have any name. */
static bool may_be_of_object(const struct test *test)
{
    for (size_t i = 0; i < test->count; i++)
        if (test->comparisons[i].operation != OP_EXISTS && test->comparisons[i].operation != OP_HAS)
            return false;
    return true;
}

static void complain_of_level(struct compilation *compilation, const char *text, struct place place)
{
    static const char *const levels[] = {"info", "low", "medium", "high", "urgent", NULL};
    const char *near = nearest_word(text, levels, word_count(levels));

    if (near)
        problem_add(
            compilation->problems, place, "unknown level \"%s\"; did you mean \"%s\"?", text, near);
    else
        problem_add(compilation->problems, place,
            "unknown level \"%s\"; the levels are info low medium high urgent", text);
}

/* `level: critical`, `urgency: {gte: high}` and `urgency: {newer_than: 2h}` would only never
 * match. */
static void check_operands(struct compilation *compilation, const struct comparison *comparison,
    const struct test *test, struct place place)
{
    bool is_level = strcmp(test->path.text, "level") == 0;
    bool is_urgency = strcmp(test->path.text, "urgency") == 0;

    if ((is_level || is_urgency) && comparison->operation >= OP_NEWER_THAN)
        problem_add(compilation->problems, place, "%s is no time", test->path.text);
    for (size_t i = 0; comparison->operation <= OP_LTE && i < comparison->count; i++) {
        const struct operand *operand = &comparison->operands[i];
        if (is_level && !operand->is_level)
            complain_of_level(compilation, operand->text, place);
        if (is_urgency && !operand->is_number)
            problem_add(compilation->problems, place,
                "urgency is a number, \"%s\" is none; words are compared with level",
                operand->text);
    }
}

/* Whether the names are common ones, and fit what they are compared with. */
static void check_names(
    struct compilation *compilation, const struct test *test, struct place place)
{
    if (test->path.count > 1 || !may_be_of_object(test))
        field_check(&test->path, place, compilation->problems);
    for (size_t i = 0; i < test->count; i++)
        check_operands(compilation, &test->comparisons[i], test, place);
    if (strcmp(test->path.parts[0], "rule") == 0)
        compilation->reads_rule = true;
}

void test_read(struct compilation *compilation, const struct yaml_entry *entry, struct test *test)
{
    struct place place = entry->key->place;
    auto_error struct error error = {0};

    test->line = place.line;
    if (!path_init(&test->path, entry->key->text, &error)) {
        problem_add(compilation->problems, place, "%s", error_text(&error));
        return;
    }
    compilation->field = test->path.text;
    read_comparisons(compilation, entry->value, test);
    if (!compilation->is_inside)
        check_names(compilation, test, place);
}
