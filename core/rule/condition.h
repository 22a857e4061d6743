/* What a rule's `match` asks: tests, combined. Unknown is neither true nor false: false AND unknown
 * is false, true OR unknown is true, NOT unknown is unknown. */
#ifndef TOCSIN_RULE_CONDITION_H
#define TOCSIN_RULE_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "rule/ruleset.h"
#include "rule/test.h"

struct buf;
struct compilation;
struct subject;
struct yaml;

enum condition_kind {
    CONDITION_ALL, /* without children: true */
    CONDITION_ANY,
    CONDITION_NOT, /* one child */
    CONDITION_TEST
};

/* A zeroed one is true for every event. */
struct condition {
    enum condition_kind kind;
    struct condition *children; /* owned */
    size_t count;
    struct test test; /* CONDITION_TEST */
};

/* Reads the map of `match`; what is wrong goes to the compilation's problems. The result, whole or
 * not, must be finished. */
void condition_read(
    struct compilation *compilation, const struct yaml *match, struct condition *condition);

/* The same for the map of conditions that a list, or an operator, has inside; it is not empty. */
void condition_read_inside(
    struct compilation *compilation, const struct yaml *map, struct condition *condition);
void condition_finish(struct condition *condition);

/* As deep as YAML was nested, which is bounded. */
enum verdict condition_verdict(const struct condition *condition, const struct subject *subject);

/* Appends the first test that made the verdict, which is given, what it is, and returns its line.
 */
size_t condition_why(const struct condition *condition, const struct subject *subject,
    enum verdict verdict, struct buf *out);

#endif
