/* What a field is compared with: a text from the rules, understood once, when it is compiled, in
 * every way in which a field may need it. */
#ifndef TOCSIN_RULE_OPERAND_H
#define TOCSIN_RULE_OPERAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/network.h"
#include "event/view.h"

struct pattern;

struct operand {
    char *text; /* owned: as written */
    bool is_number, is_integer, is_level, is_time;
    double number;
    json_int_t integer; /* where the number is a whole one: exact beyond 2^53 */
    enum view_level level;
    int64_t time_ms;
    union {                            /* what its operator makes of the text */
        const struct pattern *pattern; /* regex: borrowed from the set of rules */
        struct network network;        /* cidr */
        int64_t duration_ms;           /* newer_than, older_than */
    };
};

void operand_init(struct operand *operand, const char *text);
void operand_finish(struct operand *operand);

/* By their text, and as numbers where the value is a JSON number. Lists, objects and null equal
 * nothing. */
bool operand_equals(const struct operand *operand, const json_t *value);

/* Sets *order below, at or above 0 as the value comes before, with or after the operand: as
 * numbers, levels or times, by what the operand is. False where they cannot be ordered. */
bool operand_order(const struct operand *operand, const json_t *value, int *order);

#endif
