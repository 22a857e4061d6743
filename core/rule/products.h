/* A match, taken apart into the ways in which it can be true: each of them a number of tests that
 * all hold. `type: [alert, case]` with `any` of two conditions is four ways. */
#ifndef TOCSIN_RULE_PRODUCTS_H
#define TOCSIN_RULE_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>

#include "rule/implication.h"

struct condition;

/* One thing that holds: exactly one of the three is there. */
struct literal {
    struct known_test known;         /* a test */
    const struct condition *negated; /* a condition does not hold */
    const struct condition *whole;   /* a condition holds that was not taken apart */
};

struct product {
    struct literal *literals; /* owned; the conditions are borrowed */
    size_t count;
};

struct products {
    struct product *items; /* owned */
    size_t count;
};

/* What would make more ways than a few dozen stays whole. A condition that is always true has one
 * way, without literals. */
void products_init(struct products *products, const struct condition *condition);
void products_finish(struct products *products);

/* Whether the condition holds in this way of another's being true, for every event. No where it
 * cannot be told. */
bool product_implies(const struct product *product, const struct condition *condition);

#endif
