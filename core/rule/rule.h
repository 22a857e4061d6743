/* One rule: what it matches, and who hears of it. */
#ifndef TOCSIN_RULE_RULE_H
#define TOCSIN_RULE_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "rule/condition.h"

struct compilation;
struct phrasing;
struct yaml;

/* One entry of `send`. */
struct send {
    const char *sink; /* borrowed from the ruleset's names: the same sink is the same pointer */
    size_t line, column;
    struct phrasing *phrasing; /* owned; NULL: the rule's */
};

struct rule {
    char *name, *file; /* owned */
    size_t line, column;
    char *trace_head; /* owned: `{"rule":...,"at":"file:line"`, as every trace of it begins */
    struct condition match;
    struct send *sends; /* owned; each sink once */
    size_t send_count;
    struct phrasing *phrasing; /* owned; NULL: the default messages */
    bool stop;
    bool skip_unknown; /* if_not_enriched: skip */
    bool reads_rule;   /* it asks for its own name */
};

/* Reads a map of the `rules` list; what is wrong goes to the compilation's problems. The result,
 * whole or not, must be finished. */
void rule_read(struct compilation *compilation, const struct yaml *node, struct rule *rule);

/* Reads what `send` and `unmatched` have in common: one sink or a list of sinks, each a name or a
 * map with more than that. rule->file is set already. */
void rule_read_sends(struct compilation *compilation, const struct yaml *node, struct rule *rule);

void rule_finish(struct rule *rule);

#endif
