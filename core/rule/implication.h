/* Whether one test settles another: what of two matches follows from their words alone, for every
 * event there can be. Where that cannot be told the answer is no. */
#ifndef TOCSIN_RULE_IMPLICATION_H
#define TOCSIN_RULE_IMPLICATION_H

#include <stdbool.h>
#include <stddef.h>

#include "rule/test.h"

struct condition;

/* A test that holds; of one of its comparisons, an `eq` or `in`, it may be known which operand it
 * was. Borrowed. */
struct known_test {
    const struct test *test;
    const struct operand *operand; /* NULL: that is not known of any */
    size_t comparison;             /* whose operand it is */
};

/* Whether the comparisons of a test that look at the elements of a list all hold where the known
 * test does. True where it has none. */
bool test_implies_elements(const struct known_test *known, const struct test *test);

/* Whether a comparison that is said of the field as a whole (`ne`, `exists`) holds. */
bool test_implies_whole(
    const struct known_test *known, const struct test *test, const struct comparison *comparison);

/* The same where it is known of a test that it does not hold. */
bool failed_test_implies_whole(
    const struct test *failed, const struct test *test, const struct comparison *comparison);

/* Whether the test cannot hold where the known one does. */
bool test_excludes(const struct known_test *known, const struct test *test);

/* The same words; of conditions in the same order too. */
bool test_equals(const struct test *a, const struct test *b);
bool condition_equals(const struct condition *a, const struct condition *b);

#endif
