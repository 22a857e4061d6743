/* One field's test: comparisons that must all hold. */
#ifndef TOCSIN_RULE_TEST_H
#define TOCSIN_RULE_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "event/path.h"
#include "rule/operand.h"
#include "rule/ruleset.h"

struct buf;
struct view;

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
    OP_GLOB
};

struct comparison {
    enum operation operation;
    struct operand *operands; /* owned; one, or any number for OP_IN */
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

void test_finish(struct test *test);

/* VERDICT_UNKNOWN where only a failed look-up could tell. On a list, one element must satisfy all
 * comparisons; but `exists` asks for the list itself, and `ne` holds where no element is equal: it
 * negates, so it holds for what is absent too. Allocates nothing. */
enum verdict test_verdict(const struct test *test, const struct view *view);

/* Appends `urgency: gte 80 (was 30)`: the test, and what it found; one line, values cut. */
void test_describe(const struct test *test, const struct view *view, struct buf *out);

#endif
