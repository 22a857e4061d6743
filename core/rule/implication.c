#include "rule/implication.h"

#include <string.h>

#include "base/cleanup.h"
#include "rule/condition.h"
#include "rule/field.h"
#include "rule/glob.h"

enum {
    most_pairs = 1000000, /* of operands */
};

/* A comparison with the operands that count. */
struct demand {
    enum operation operation;
    const struct operand *operands;
    size_t count;
    const struct condition *inside; /* OP_HAS */
    bool wants_presence;
};

static struct demand demand_of(const struct comparison *comparison)
{
    return (struct demand){comparison->operation, comparison->operands, comparison->count,
        comparison->condition, comparison->wants_presence};
}

static struct demand known_demand(const struct known_test *known, size_t index)
{
    struct demand demand = demand_of(&known->test->comparisons[index]);

    if (known->operand && known->comparison == index) {
        demand.operands = known->operand;
        demand.count = 1;
    }
    return demand;
}

static bool is_equality(const struct demand *demand)
{
    return demand->operation == OP_EQ || demand->operation == OP_IN;
}

static bool is_order(const struct demand *demand)
{
    return demand->operation >= OP_GT && demand->operation <= OP_LTE;
}

/* It holds only of a value that is there. */
static bool needs_value(const struct demand *demand)
{
    return demand->operation != OP_NE && (demand->operation != OP_EXISTS || demand->wants_presence);
}

static bool is_absence(const struct demand *demand)
{
    return demand->operation == OP_EXISTS && !demand->wants_presence;
}

static bool has_text(const struct demand *demand, const char *text)
{
    for (size_t i = 0; i < demand->count; i++)
        if (strcmp(demand->operands[i].text, text) == 0)
            return true;
    return false;
}

/* Each operand of the first is one of the second. Lists so long that comparing them would take long
 * must be in the same order. */
static bool is_subset(const struct demand *a, const struct demand *b)
{
    bool are_short = a->count <= most_pairs / (b->count + 1);

    for (size_t i = 0; i < a->count; i++) {
        bool is_beside = i < b->count && strcmp(a->operands[i].text, b->operands[i].text) == 0;
        if (!is_beside && !(are_short && has_text(b, a->operands[i].text)))
            return false;
    }
    return a->count > 0;
}

/* Whether no value equals both: not by its text, and not as a number (80 and 80.0). */
static bool are_apart(const struct operand *a, const struct operand *b)
{
    if (a->is_number && b->is_number)
        return a->number < b->number || a->number > b->number;
    return strcmp(a->text, b->text) != 0;
}

static bool are_all_apart(const struct demand *a, const struct demand *b)
{
    if (a->count > most_pairs / (b->count + 1))
        return false;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (!are_apart(&a->operands[i], &b->operands[j]))
                return false;
    return a->count > 0 && b->count > 0;
}

/* Whether what equals the first operand is where the order wants it. */
static bool is_in_place(
    const struct operand *equal, enum operation order, const struct operand *limit)
{
    auto_json json_t *value = json_string(equal->text);
    int place;

    return operand_order(limit, value, &place) && operation_takes_order(order, place);
}

static bool is_any_in_order(const struct demand *equality, const struct demand *order)
{
    for (size_t i = 0; i < equality->count; i++)
        if (is_in_place(&equality->operands[i], order->operation, order->operands))
            return true;
    return equality->count == 0;
}

/* Where two bounds stand to each other; false where they are of different kinds. */
static bool compare_bounds(const struct operand *a, const struct operand *b, int *order)
{
    if (a->is_number != b->is_number || a->is_level != b->is_level)
        return false;
    if (a->is_number)
        *order = (a->number > b->number) - (a->number < b->number);
    else if (a->is_level)
        *order = (a->level > b->level) - (a->level < b->level);
    else
        *order = (a->time_ms > b->time_ms) - (a->time_ms < b->time_ms);
    return a->is_number || a->is_level || (a->is_time && b->is_time);
}

static bool is_upwards(enum operation order)
{
    return order == OP_GT || order == OP_GTE;
}

static bool is_strict(enum operation order)
{
    return order == OP_GT || order == OP_LT;
}

static bool is_narrower(enum operation held, const struct operand *bound, enum operation wanted,
    const struct operand *limit)
{
    int order;

    if (is_upwards(held) != is_upwards(wanted) || !compare_bounds(bound, limit, &order))
        return false;
    if (order == 0)
        return is_strict(held) || !is_strict(wanted);
    return is_upwards(held) ? order > 0 : order < 0;
}

static bool are_disjoint(const struct demand *a, const struct demand *b)
{
    int order;

    if (is_upwards(a->operation) == is_upwards(b->operation) ||
        !compare_bounds(a->operands, b->operands, &order))
        return false;
    if (order == 0)
        return is_strict(a->operation) || is_strict(b->operation);
    return is_upwards(a->operation) ? order > 0 : order < 0;
}

/* What follows from equality. A number equals values of several texts (80 is 80.0 too), so nothing
 * follows for patterns. */
static bool equal_implies(
    const struct operand *equal, enum operation wanted, const struct operand *operand)
{
    switch (wanted) {
    case OP_EQ:
    case OP_IN:
        return strcmp(equal->text, operand->text) == 0;
    case OP_CONTAINS:
        return !equal->is_number && strstr(equal->text, operand->text);
    case OP_GLOB:
        return !equal->is_number && glob_match(operand->text, equal->text);
    case OP_GT:
    case OP_GTE:
    case OP_LT:
    case OP_LTE:
        return is_in_place(equal, wanted, operand);
    default:
        return false;
    }
}

/* Of one element, one operand of each. */
static bool operand_implies(enum operation held, const struct operand *operand,
    enum operation wanted, const struct operand *limit)
{
    if (held == wanted && strcmp(operand->text, limit->text) == 0)
        return true;
    if (held == OP_EQ || held == OP_IN)
        return equal_implies(operand, wanted, limit);
    if (held == OP_CONTAINS && wanted == OP_CONTAINS)
        return strstr(operand->text, limit->text);
    if (held == OP_NEWER_THAN && wanted == OP_NEWER_THAN)
        return operand->duration_ms <= limit->duration_ms;
    if (held == OP_OLDER_THAN && wanted == OP_OLDER_THAN)
        return operand->duration_ms >= limit->duration_ms;
    return held >= OP_GT && held <= OP_LTE && wanted >= OP_GT && wanted <= OP_LTE &&
           is_narrower(held, operand, wanted, limit);
}

static bool is_implied_by_operand(
    const struct demand *held, size_t position, const struct demand *wanted)
{
    const struct operand *operand = &held->operands[position];
    bool are_few = held->count <= most_pairs / (wanted->count + 1);

    if (position < wanted->count &&
        operand_implies(held->operation, operand, wanted->operation, &wanted->operands[position]))
        return true;
    for (size_t i = 0; are_few && i < wanted->count; i++)
        if (operand_implies(held->operation, operand, wanted->operation, &wanted->operands[i]))
            return true;
    return false;
}

/* Of one and the same element: one of several operands is enough, whatever the comparison. */
static bool element_implies(const struct demand *held, const struct demand *wanted)
{
    if (held->operation == OP_HAS && wanted->operation == OP_HAS)
        return condition_equals(held->inside, wanted->inside);
    for (size_t i = 0; i < held->count; i++)
        if (!is_implied_by_operand(held, i, wanted))
            return false;
    return held->count > 0;
}

static bool has_same_operands(const struct demand *a, const struct demand *b)
{
    return is_subset(a, b) && is_subset(b, a);
}

/* `is_single`: the field is never a list, so that one value is all there is. */
static bool whole_is_implied(const struct demand *a, const struct demand *b, bool is_single)
{
    if (b->operation == OP_EXISTS)
        return b->wants_presence ? needs_value(a) : is_absence(a);
    if (a->operation == OP_NE)
        return is_subset(b, a);
    return is_single && is_equality(a) && are_all_apart(a, b);
}

/* Of a value that is never a list. */
static bool value_excludes(const struct demand *a, const struct demand *b)
{
    if (is_equality(a) && is_equality(b))
        return are_all_apart(a, b);
    if (is_equality(a) && is_order(b))
        return !is_any_in_order(a, b);
    if (is_order(a) && is_equality(b))
        return !is_any_in_order(b, a);
    return is_order(a) && is_order(b) && are_disjoint(a, b);
}

static bool excludes(const struct demand *a, const struct demand *b, bool is_single)
{
    if (is_absence(a) || is_absence(b))
        return needs_value(is_absence(a) ? b : a);
    if (a->operation == OP_NE && is_equality(b))
        return is_subset(b, a);
    if (b->operation == OP_NE && is_equality(a))
        return is_subset(a, b);
    return is_single && value_excludes(a, b);
}

static bool has_same_path(const struct test *a, const struct test *b)
{
    if (a->path.count != b->path.count)
        return false;
    for (size_t i = 0; i < a->path.count; i++)
        if (strcmp(a->path.parts[i], b->path.parts[i]) != 0)
            return false;
    return true;
}

static bool is_implied_element(const struct known_test *known, const struct comparison *comparison)
{
    struct demand wanted = demand_of(comparison);

    for (size_t i = 0; i < known->test->count; i++) {
        struct demand held = known_demand(known, i);
        if (!operation_is_of_whole(known->test->comparisons[i].operation) &&
            element_implies(&held, &wanted))
            return true;
    }
    return false;
}

bool test_implies_elements(const struct known_test *known, const struct test *test)
{
    bool is_same = has_same_path(known->test, test);

    for (size_t i = 0; i < test->count; i++)
        if (!operation_is_of_whole(test->comparisons[i].operation) &&
            !(is_same && is_implied_element(known, &test->comparisons[i])))
            return false;
    return true;
}

bool test_implies_whole(
    const struct known_test *known, const struct test *test, const struct comparison *comparison)
{
    struct demand wanted = demand_of(comparison);
    bool is_single = field_is_single(&test->path);

    for (size_t i = 0; has_same_path(known->test, test) && i < known->test->count; i++) {
        struct demand held = known_demand(known, i);
        if (whole_is_implied(&held, &wanted, is_single))
            return true;
    }
    return false;
}

bool failed_test_implies_whole(
    const struct test *failed, const struct test *test, const struct comparison *comparison)
{
    struct demand wanted = demand_of(comparison);

    if (failed->count != 1 || !has_same_path(failed, test))
        return false;
    struct demand lost = demand_of(failed->comparisons);
    if (wanted.operation == OP_EXISTS)
        return lost.operation == OP_EXISTS && lost.wants_presence != wanted.wants_presence;
    return is_equality(&lost) && is_subset(&wanted, &lost);
}

bool test_excludes(const struct known_test *known, const struct test *test)
{
    bool is_single = field_is_single(&test->path);

    for (size_t i = 0; has_same_path(known->test, test) && i < known->test->count; i++) {
        struct demand held = known_demand(known, i);
        for (size_t j = 0; j < test->count; j++) {
            struct demand wanted = demand_of(&test->comparisons[j]);
            if (excludes(&held, &wanted, is_single))
                return true;
        }
    }
    return false;
}

static bool comparison_equals(const struct comparison *a, const struct comparison *b)
{
    struct demand left = demand_of(a), right = demand_of(b);

    if (a->operation != b->operation)
        return false;
    if (a->operation == OP_EXISTS)
        return a->wants_presence == b->wants_presence;
    if (a->operation == OP_HAS)
        return condition_equals(a->condition, b->condition);
    return has_same_operands(&left, &right);
}

/* As deep as YAML was nested, which is bounded; so is comparison_equals(), which calls it. */
bool condition_equals(const struct condition *a, const struct condition *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == CONDITION_TEST)
        return test_equals(&a->test, &b->test);
    for (size_t i = 0; i < a->count; i++)
        if (!condition_equals(&a->children[i], &b->children[i]))
            return false;
    return true;
}

bool test_equals(const struct test *a, const struct test *b)
{
    if (a->count != b->count || !has_same_path(a, b))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        bool is_there = false;
        for (size_t j = 0; j < b->count; j++)
            is_there = is_there || comparison_equals(&a->comparisons[i], &b->comparisons[j]);
        if (!is_there)
            return false;
    }
    return true;
}
