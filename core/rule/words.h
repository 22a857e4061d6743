/* The words that a place in the rules may hold, and what to say of any other. */
#ifndef TOCSIN_RULE_WORDS_H
#define TOCSIN_RULE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct problems;
struct yaml;

struct words {
    const char *what;         /* "operator" */
    const char *const *known; /* ends with NULL */
};

/* Whether the scalar is a known word; reports it where it is not, with the nearest known one, or
 * all of them. */
bool words_check(const struct words *words, const struct yaml *word, struct problems *problems);

/* Whether a key of the map is no word at all and was likely meant to be this one: words_check()
 * tells of it, so that the one that was meant is not told to be missing too. */
bool words_has_misspelt(const struct words *words, const struct yaml *map, const char *word);

bool is_word_of(const char *const *list, const char *word);
size_t word_count(const char *const *list);

#endif
