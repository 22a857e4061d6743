/* Regular expressions, by PCRE2 (https://www.pcre.org/current/doc/html/pcre2pattern.html): UTF-8,
 * and \w, \d and \b know the letters and digits of all languages. A hostile text cannot make a
 * search long: it gives up at a limit. Without PCRE2 (meson's feature pcre2) no pattern can be
 * added.
 *
 * Compiled patterns do not change, so that any thread may search with them. */
#ifndef TOCSIN_RULE_PATTERN_H
#define TOCSIN_RULE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct pattern;

/* The patterns of one set of rules, and the memory that their searches take turns in. */
struct patterns;

struct patterns *patterns_create(void);
void patterns_destroy(struct patterns *patterns);

/* Compiles a pattern, which lives as long as all of them; one that is there already is not compiled
 * again. NULL with PCRE2's reason and the offset in bytes: `missing closing parenthesis, at offset
 * 4`. */
const struct pattern *patterns_add(
    struct patterns *patterns, const char *text, struct error *error);

/* Whether the pattern is found in the text, which is UTF-8. *limit, left alone otherwise, names the
 * limit that ended the search early, as what is not found: 100,000 steps at one place of the text
 * (PCRE2's match and depth limits), 1,000,000 in all, or 32 MiB of memory. *steps begins at 0; the
 * searches that share it share the 1,000,000. Allocates nothing after the first searches. */
bool pattern_search(
    const struct pattern *pattern, const char *text, size_t len, size_t *steps, const char **limit);

#endif
