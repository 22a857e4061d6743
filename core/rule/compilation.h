/* What the readers of the rules share while they compile. */
#ifndef TOCSIN_RULE_COMPILATION_H
#define TOCSIN_RULE_COMPILATION_H

#include <stdbool.h>
#include <stddef.h>

struct patterns;
struct problems;

struct compilation {
    struct problems *problems;
    char *const *sinks; /* the names that `send` may use, borrowed from the ruleset */
    size_t sink_count;
    struct patterns *patterns; /* where those of `regex` go, borrowed from the ruleset */
    const char *field;         /* the path whose test is being read, for errors */
    bool is_inside;            /* of a `has`: names are an element's, not the common ones */
    bool reads_rule;           /* the condition that was read last asks for the rule's own name */
};

#endif
