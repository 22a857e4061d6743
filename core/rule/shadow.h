/* Rules that can never send, because an earlier one with `stop: true` ends the routing of all that
 * they match. */
#ifndef TOCSIN_RULE_SHADOW_H
#define TOCSIN_RULE_SHADOW_H

#include <stddef.h>

struct problems;
struct rule;

/* Warns of each, at its place, and names the rules that stand before it. Only where it is certain
 * of every event: a rule that may end unknown (a look-up failed) does not stop then, so of that one
 * the warning says what holds where the look-up succeeds; and none is given where the earlier rule
 * says `if_not_enriched: skip`, since then the later one is what is told. */
void shadows_find(const struct rule *rules, size_t count, struct problems *problems);

#endif
