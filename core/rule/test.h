/* One field's test: comparisons that must all hold. */
#ifndef TOCSIN_RULE_TEST_H
#define TOCSIN_RULE_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "event/path.h"
#include "rule/operand.h"
#include "rule/ruleset.h"

struct compilation;
struct condition;
struct subject;
struct yaml_entry;

enum operation {
    OP_EQ,
    OP_NE,
    OP_IN,
    OP_GT,
    OP_GTE,
    OP_LT,
    OP_LTE,
    OP_EXISTS,
    OP_CONTAINS,
    OP_GLOB,
    OP_REGEX,
    OP_CIDR,
    OP_HAS,
    OP_NEWER_THAN,
    OP_OLDER_THAN
};

struct comparison {
    enum operation operation;
    struct operand *operands;    /* owned; where there are several, any of them */
    struct condition *condition; /* OP_HAS: what one element holds, owned; else NULL */
    size_t count;
    bool wants_presence; /* OP_EXISTS: true or false */
};

struct test {
    struct path path;
    struct comparison *comparisons; /* owned */
    size_t count;
    size_t line;
};

/* "eq", ...; and back, false for another word. */
const char *operation_name(enum operation operation);
bool operation_parse(const char *name, enum operation *operation);

/* Whether it looks at a field as a whole, not at the elements of its list. */
bool operation_is_of_whole(enum operation operation);

/* Whether gt, gte, lt or lte holds of what comes before (below 0), with or after its operand. */
bool operation_takes_order(enum operation operation, int order);

/* Reads what stands behind a field's name; what is wrong goes to the compilation's problems. The
 * result, whole or not, must be finished. */
void test_read(struct compilation *compilation, const struct yaml_entry *entry, struct test *test);
void test_finish(struct test *test);

/* VERDICT_UNKNOWN where only a failed look-up could tell. On a list, one element must satisfy all
 * comparisons; but `exists` asks for the list itself, and `ne` holds where no element is equal: it
 * negates, so it holds for what is absent too. Allocates nothing, but for a pattern's first search.
 */
enum verdict test_verdict(const struct test *test, const struct subject *subject);

#endif
