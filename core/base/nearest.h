/* "Did you mean": the nearest known word to one that is not known. */
#ifndef TOCSIN_BASE_NEAREST_H
#define TOCSIN_BASE_NEAREST_H

#include <stddef.h>

/* Returns the word of words[0..count) nearest to the given one by edit distance (two swapped
 * letters are one slip), or NULL when none
 * is near enough to be what was meant (at most a third of its letters differ). NULL entries are
 * skipped. The result is borrowed from words. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

#endif
