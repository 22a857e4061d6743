/* Patterns as shells know them, on whole texts. */
#ifndef TOCSIN_RULE_GLOB_H
#define TOCSIN_RULE_GLOB_H

#include <stdbool.h>

/* `*` is any run of characters, `?` one character, [a-z] and [!a-z] one of (not of) a set, `\`
 * makes the next one literal. Slashes and dots are characters like any other, case matters. Both
 * texts are UTF-8. The time is bounded by the product of the lengths, whatever the pattern. */
bool glob_match(const char *pattern, const char *text);

#endif
