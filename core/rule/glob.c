/* Our own, because fnmatch() goes back through every star: a hostile text then costs the lengths
 * raised to the number of stars. Going back to the last star only is enough. */
#include "rule/glob.h"

#include <stddef.h>
#include <string.h>

#include "base/utf8.h"

static size_t character_len(const char *at)
{
    /* The terminating NUL is no continuation, so no sequence reaches beyond it. */
    size_t len = utf8_sequence(at, 4);

    return len ? len : 1;
}

/* Orders two characters: in UTF-8 bytes and code points have the same order. */
static int compare(const char *a, const char *b)
{
    size_t a_len = character_len(a), b_len = character_len(b);
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* The ] of a set whose [ stands at `at`; NULL where it is never closed. One that comes first is a
 * member. */
static const char *set_end(const char *at)
{
    at++;
    if (*at == '!' || *at == '^')
        at++;
    return *at ? strchr(at + 1, ']') : NULL;
}

static bool is_in_set(const char *at, const char *end, const char *character)
{
    bool is_negated = *++at == '!' || *at == '^';
    bool found = false;

    for (at += is_negated; at < end;) {
        const char *low = at, *high = at;
        at += character_len(at);
        if (at[0] == '-' && at + 1 < end) {
            high = at + 1;
            at = high + character_len(high);
        }
        if (compare(low, character) <= 0 && compare(character, high) <= 0)
            found = true;
    }
    return found != is_negated;
}

/* How many bytes of the pattern match the one character; 0 where they do not. */
static size_t match_one(const char *pattern, const char *character)
{
    const char *end = *pattern == '[' ? set_end(pattern) : NULL;

    if (*pattern == '\0')
        return 0;
    if (end)
        return is_in_set(pattern, end, character) ? (size_t)(end + 1 - pattern) : 0;
    if (*pattern == '?')
        return 1;
    size_t quote = *pattern == '\\' && pattern[1] != '\0';
    if (compare(pattern + quote, character) != 0)
        return 0;
    return quote + character_len(pattern + quote);
}

bool glob_match(const char *pattern, const char *text)
{
    const char *after_star = NULL, *retry = NULL;

    while (*text) {
        if (*pattern == '*') {
            after_star = ++pattern;
            retry = text;
            continue;
        }
        size_t used = match_one(pattern, text);
        if (used > 0) {
            pattern += used;
            text += character_len(text);
        } else if (after_star) {
            retry += character_len(retry);
            text = retry;
            pattern = after_star;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
