#include "rule/test.h"

#include <stdlib.h>
#include <string.h>

#include "event/value.h"
#include "rule/condition.h"
#include "rule/glob.h"
#include "rule/pattern.h"
#include "rule/subject.h"

static const char *const operation_names[] = {"eq", "ne", "in", "gt", "gte", "lt", "lte", "exists",
    "contains", "glob", "regex", "cidr", "has", "newer_than", "older_than"};

const char *operation_name(enum operation operation)
{
    return operation_names[operation];
}

bool operation_parse(const char *name, enum operation *operation)
{
    for (size_t i = 0; i < sizeof operation_names / sizeof *operation_names; i++) {
        if (strcmp(name, operation_names[i]) == 0) {
            *operation = (enum operation)i;
            return true;
        }
    }
    return false;
}

static void comparison_finish(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        operand_finish(&comparison->operands[i]);
    free(comparison->operands);
    if (comparison->condition)
        condition_finish(comparison->condition);
    free(comparison->condition);
}

void test_finish(struct test *test)
{
    path_finish(&test->path);
    for (size_t i = 0; i < test->count; i++)
        comparison_finish(&test->comparisons[i]);
    free(test->comparisons);
    *test = (struct test){0};
}

static bool equals_any(const struct comparison *comparison, const json_t *value)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (operand_equals(&comparison->operands[i], value))
            return true;
    return false;
}

bool operation_takes_order(enum operation operation, int order)
{
    switch (operation) {
    case OP_GT:
        return order > 0;
    case OP_GTE:
        return order >= 0;
    case OP_LT:
        return order < 0;
    default:
        return order <= 0;
    }
}

bool operation_is_of_whole(enum operation operation)
{
    return operation == OP_EXISTS || operation == OP_NE;
}

static bool is_found(const struct pattern *pattern, const char *text, const struct subject *subject)
{
    struct searches *searches = subject->searches;

    return pattern_search(pattern, text, strlen(text), &searches->steps, &searches->limit);
}

/* The operators that look into a text; numbers and flags are looked at as they are written. */
static bool holds_for_text(enum operation operation, const struct operand *operand,
    const char *text, const struct subject *subject)
{
    switch (operation) {
    case OP_CONTAINS:
        return strstr(text, operand->text);
    case OP_GLOB:
        return glob_match(operand->text, text);
    default:
        return is_found(operand->pattern, text, subject);
    }
}

/* How long before the event's acceptance the value was, by the operand's duration. What lies ahead
 * is newer than anything. */
static bool holds_for_age(enum operation operation, const struct operand *operand,
    const json_t *value, const struct subject *subject)
{
    int64_t time_ms;

    if (!value_time(value, &time_ms))
        return false;
    int64_t age_ms = subject->now_ms - time_ms;
    return operation == OP_NEWER_THAN ? age_ms < operand->duration_ms
                                      : age_ms > operand->duration_ms;
}

static bool holds_for_operand(const struct comparison *comparison, const struct operand *operand,
    const json_t *value, const struct subject *subject)
{
    char scratch[VALUE_TEXT_SIZE];
    const char *text;
    int order;

    switch (comparison->operation) {
    case OP_EQ:
    case OP_IN:
        return operand_equals(operand, value);
    case OP_CONTAINS:
    case OP_GLOB:
    case OP_REGEX:
        text = value_text(value, scratch);
        return text && holds_for_text(comparison->operation, operand, text, subject);
    case OP_NEWER_THAN:
    case OP_OLDER_THAN:
        return holds_for_age(comparison->operation, operand, value, subject);
    default:
        return operand_order(operand, value, &order) &&
               operation_takes_order(comparison->operation, order);
    }
}

/* Each address in the text is read once, however many networks there are. */
static bool holds_for_addresses(const struct comparison *comparison, const json_t *value)
{
    const char *text = json_string_value(value), *at = text;
    struct address address;

    while (text && address_find(text, &at, &address))
        for (size_t i = 0; i < comparison->count; i++)
            if (network_has(&comparison->operands[i].network, &address))
                return true;
    return false;
}

static bool holds_inside(
    const struct condition *condition, const json_t *element, const struct subject *subject)
{
    struct subject inside = *subject;

    inside.element = element;
    return json_is_object(element) && condition_verdict(condition, &inside) == VERDICT_YES;
}

static bool holds_for_element(
    const struct comparison *comparison, const json_t *element, const struct subject *subject)
{
    if (operation_is_of_whole(comparison->operation))
        return true; /* it was asked already */
    if (comparison->operation == OP_HAS)
        return holds_inside(comparison->condition, element, subject);
    if (comparison->operation == OP_CIDR)
        return holds_for_addresses(comparison, element);
    for (size_t i = 0; i < comparison->count; i++)
        if (holds_for_operand(comparison, &comparison->operands[i], element, subject))
            return true;
    return false;
}

static bool all_hold_for_element(
    const struct test *test, const json_t *element, const struct subject *subject)
{
    for (size_t i = 0; i < test->count; i++)
        if (!holds_for_element(&test->comparisons[i], element, subject))
            return false;
    return true;
}

static bool has_equal_element(const struct comparison *comparison, const json_t *value)
{
    size_t index;
    json_t *element;

    json_array_foreach (value, index, element) {
        if (equals_any(comparison, element))
            return true;
    }
    return equals_any(comparison, value);
}

static bool holds_for_whole(const struct comparison *comparison, const json_t *value)
{
    if (comparison->operation == OP_EXISTS)
        return (value && !json_is_null(value)) == comparison->wants_presence;
    return !has_equal_element(comparison, value);
}

static bool holds(const struct test *test, const json_t *value, const struct subject *subject)
{
    size_t index, of_whole = 0;
    json_t *element;

    for (size_t i = 0; i < test->count; i++) {
        if (!operation_is_of_whole(test->comparisons[i].operation))
            continue;
        if (!holds_for_whole(&test->comparisons[i], value))
            return false;
        of_whole++;
    }
    if (of_whole == test->count)
        return true;
    if (!json_is_array(value))
        return all_hold_for_element(test, value, subject);
    json_array_foreach (value, index, element) {
        if (all_hold_for_element(test, element, subject))
            return true;
    }
    return false;
}

enum verdict test_verdict(const struct test *test, const struct subject *subject)
{
    struct searches searches = {0};
    struct subject searched = *subject;
    bool unknown;
    const json_t *value = subject_get(subject, &test->path, &unknown);

    if (unknown)
        return VERDICT_UNKNOWN;
    if (!searched.searches)
        searched.searches = &searches;
    bool is_held = holds(test, value, &searched);
    if (searches.limit && subject->give_ups) {
        subject->give_ups->count++;
        subject->give_ups->limit = searches.limit;
    }
    return is_held ? VERDICT_YES : VERDICT_NO;
}
