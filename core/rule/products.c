#include "rule/products.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rule/condition.h"

enum {
    most_products = 64,
};

static void product_add(struct product *product, const struct literal *literal)
{
    product->literals =
        mem_resize(product->literals, (product->count + 1) * sizeof *product->literals);
    product->literals[product->count++] = *literal;
}

static void add_to_all(struct products *products, const struct literal *literal)
{
    for (size_t i = 0; i < products->count; i++)
        product_add(&products->items[i], literal);
}

void products_finish(struct products *products)
{
    for (size_t i = 0; i < products->count; i++)
        free(products->items[i].literals);
    free(products->items);
    *products = (struct products){0};
}

static struct products products_copy(const struct products *from)
{
    struct products copy = {
        .items = mem_alloc(from->count * sizeof *copy.items), .count = from->count};

    for (size_t i = 0; i < from->count; i++)
        for (size_t j = 0; j < from->items[i].count; j++)
            product_add(&copy.items[i], &from->items[i].literals[j]);
    return copy;
}

/* The other's products become these'. */
static void products_take(struct products *products, struct products *other)
{
    size_t count = products->count + other->count;

    products->items = mem_resize(products->items, count * sizeof *products->items);
    for (size_t i = 0; i < other->count; i++)
        products->items[products->count++] = other->items[i];
    free(other->items);
    *other = (struct products){0};
}

/* The first comparison of which it pays to know the operand; the test's count where there is none.
 */
static size_t find_list(const struct test *test)
{
    size_t at = 0;

    while (at < test->count &&
           (test->comparisons[at].operation != OP_IN || test->comparisons[at].count < 2))
        at++;
    return at;
}

static void conjoin_test(struct products *products, const struct test *test)
{
    size_t list = find_list(test);
    struct literal literal = {.known = {.test = test, .comparison = list}};
    struct products result = {0};

    if (list == test->count || test->comparisons[list].count * products->count > most_products) {
        add_to_all(products, &literal);
        return;
    }
    for (size_t i = 0; i < test->comparisons[list].count; i++) {
        struct products branch = products_copy(products);
        literal.known.operand = &test->comparisons[list].operands[i];
        add_to_all(&branch, &literal);
        products_take(&result, &branch);
    }
    products_finish(products);
    *products = result;
}

static void conjoin(struct products *products, const struct condition *condition);

static void conjoin_any(struct products *products, const struct condition *any)
{
    struct products result = {0};

    for (size_t i = 0; i < any->count && result.count <= most_products; i++) {
        struct products branch = products_copy(products);
        conjoin(&branch, &any->children[i]);
        products_take(&result, &branch);
    }
    if (any->count == 0 || result.count > most_products) {
        products_finish(&result);
        add_to_all(products, &(struct literal){.whole = any});
        return;
    }
    products_finish(products);
    *products = result;
}

/* Not any of them: each of them not. */
static void conjoin_not(struct products *products, const struct condition *inner)
{
    if (inner->kind == CONDITION_NOT) {
        conjoin(products, inner->children);
    } else if (inner->kind == CONDITION_ANY ||
               (inner->kind == CONDITION_ALL && inner->count == 1)) {
        for (size_t i = 0; i < inner->count; i++)
            conjoin_not(products, &inner->children[i]);
    } else {
        add_to_all(products, &(struct literal){.negated = inner});
    }
}

/* As deep as YAML was nested, which is bounded; so are all that follow. */
static void conjoin(struct products *products, const struct condition *condition)
{
    switch (condition->kind) {
    case CONDITION_TEST:
        conjoin_test(products, &condition->test);
        break;
    case CONDITION_NOT:
        conjoin_not(products, condition->children);
        break;
    case CONDITION_ANY:
        conjoin_any(products, condition);
        break;
    default:
        for (size_t i = 0; i < condition->count; i++)
            conjoin(products, &condition->children[i]);
    }
}

void products_init(struct products *products, const struct condition *condition)
{
    *products = (struct products){.items = mem_alloc(sizeof *products->items), .count = 1};
    conjoin(products, condition);
}

static bool is_whole_implied(
    const struct product *product, const struct test *test, const struct comparison *comparison)
{
    for (size_t i = 0; i < product->count; i++) {
        const struct literal *literal = &product->literals[i];
        if (literal->known.test && test_implies_whole(&literal->known, test, comparison))
            return true;
        if (literal->negated && literal->negated->kind == CONDITION_TEST &&
            failed_test_implies_whole(&literal->negated->test, test, comparison))
            return true;
    }
    return false;
}

/* What is said of one element must come from one test; what is said of the whole, from any. */
static bool test_is_implied(const struct product *product, const struct test *test)
{
    static const struct test nothing = {.count = 0};
    const struct known_test nothing_known = {.test = &nothing};
    bool are_elements = test_implies_elements(&nothing_known, test);

    for (size_t i = 0; i < product->count && !are_elements; i++)
        are_elements = product->literals[i].known.test &&
                       test_implies_elements(&product->literals[i].known, test);
    if (!are_elements)
        return false;
    for (size_t i = 0; i < test->count; i++)
        if (operation_is_of_whole(test->comparisons[i].operation) &&
            !is_whole_implied(product, test, &test->comparisons[i]))
            return false;
    return true;
}

/* Whether `inner` holds only where `outer` does. */
static bool condition_implies(const struct condition *inner, const struct condition *outer)
{
    struct products products;
    bool implies = true;

    products_init(&products, inner);
    for (size_t i = 0; i < products.count && implies; i++)
        implies = product_implies(&products.items[i], outer);
    products_finish(&products);
    return implies;
}

static bool literal_refutes(const struct literal *literal, const struct condition *condition)
{
    if (literal->negated)
        return condition_implies(condition, literal->negated);
    return literal->known.test && condition->kind == CONDITION_TEST &&
           test_excludes(&literal->known, &condition->test);
}

/* Whether the condition cannot hold. */
static bool product_refutes(const struct product *product, const struct condition *condition)
{
    size_t refuted = 0;

    for (size_t i = 0; i < product->count; i++)
        if (literal_refutes(&product->literals[i], condition))
            return true;
    if (condition->kind == CONDITION_TEST)
        return false;
    if (condition->kind == CONDITION_NOT)
        return product_implies(product, condition->children);
    for (size_t i = 0; i < condition->count; i++)
        refuted += product_refutes(product, &condition->children[i]);
    return condition->kind == CONDITION_ALL ? refuted > 0
                                            : condition->count > 0 && refuted == condition->count;
}

static bool is_stated(const struct product *product, const struct condition *condition)
{
    for (size_t i = 0; i < product->count; i++)
        if (product->literals[i].whole && condition_equals(product->literals[i].whole, condition))
            return true;
    return false;
}

bool product_implies(const struct product *product, const struct condition *condition)
{
    if (condition->kind == CONDITION_TEST)
        return test_is_implied(product, &condition->test);
    if (condition->kind == CONDITION_NOT)
        return product_refutes(product, condition->children);
    bool is_all = condition->kind == CONDITION_ALL;

    for (size_t i = 0; i < condition->count; i++)
        if (product_implies(product, &condition->children[i]) != is_all)
            return !is_all;
    return is_all || is_stated(product, condition);
}
