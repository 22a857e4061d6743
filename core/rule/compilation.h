/* What the readers of the rules share while they compile. */
#ifndef TOCSIN_RULE_COMPILATION_H
#define TOCSIN_RULE_COMPILATION_H

#include <stdbool.h>
#include <stddef.h>

struct problems;

struct compilation {
    struct problems *problems;
    char *const *sinks; /* the names that `send` may use, borrowed from the ruleset */
    size_t sink_count;
    const char *field; /* the path whose test is being read, for errors */
    bool reads_rule;   /* the condition that was read last asks for the rule's own name */
};

#endif
