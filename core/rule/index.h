/* Which rules can match an event at all, found without trying the others: each rule is filed under
 * one of the equalities that it demands (`type: alert`, `entity: [a, b]`), the one that the fewest
 * rules share. So a thousand rules cost little more than the few that are tried. */
#ifndef TOCSIN_RULE_INDEX_H
#define TOCSIN_RULE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index;
struct rule;
struct view;

/* The rules are borrowed, and may not move. */
struct index *index_create(const struct rule *rules, size_t count);
void index_destroy(struct index *index);

/* How many words of 64 bits a set of the rules takes. */
size_t index_words(const struct index *index);

/* Adds every rule that is not surely without a match to the set, which was empty: bit i % 64 of
 * word i / 64 is rule i. */
void index_find(const struct index *index, const struct view *view, uint64_t *set);

#endif
