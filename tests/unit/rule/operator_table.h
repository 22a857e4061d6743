/* Each operator against each kind of value. The tests hold the rules to it, and docs/rules.md shows
 * it: the page cannot say what the code does not do. */
#ifndef TOCSIN_TESTS_OPERATOR_TABLE_H
#define TOCSIN_TESTS_OPERATOR_TABLE_H

#include <stdint.h>

enum {
    OPERATOR_KINDS = 14, /* of values: operator_kinds */
};

struct operator_row {
    const char *match;    /* on the field x */
    const char *verdicts; /* for each kind: Yes, No or Unknown */
};

struct operator_group {
    const char *title;
    const char *values[OPERATOR_KINDS]; /* of x, as JSON; NULL: absent, or (the last) unknown */
    const struct operator_row *rows;    /* the last has no match */
};

/* Their names, as short as a column. */
extern const char *const operator_kinds[OPERATOR_KINDS];

/* The last has no title. */
extern const struct operator_group operator_groups[];

/* When the event with the field was accepted. */
extern const int64_t operator_now_ms;

#endif
