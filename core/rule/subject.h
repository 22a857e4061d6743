/* What a condition is asked of: an event as rules see it, or one element of a list within it. */
#ifndef TOCSIN_RULE_SUBJECT_H
#define TOCSIN_RULE_SUBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct path;
struct view;

/* Tests of which a search reached a limit (rule/pattern.h). */
struct give_ups {
    unsigned count;
    const char *limit; /* the last one's: "100,000 steps"; NULL where there was none */
};

/* The searches of one test, which share their steps: a list of a thousand hostile texts takes no
 * longer than one. */
struct searches {
    size_t steps;
    const char *limit; /* that the last one to give up reached */
};

/* All borrowed. */
struct subject {
    struct view *view;
    const json_t *element;     /* where there is one, paths begin in it, and nothing is unknown */
    int64_t now_ms;            /* the time of acceptance, which ages count from */
    struct give_ups *give_ups; /* NULL: they are not counted */
    struct searches *searches; /* NULL outside of a test */
};

/* The value at the path, borrowed; NULL where there is none. *unknown tells whether it may be
 * another only because a look-up failed. */
json_t *subject_get(const struct subject *subject, const struct path *path, bool *unknown);

#endif
