#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

enum {
    longest_word = 64, /* a longer one is no slip of the finger */
};

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein's distance with one row, letters compared without regard to case. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[longest_word + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + !same);
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    size_t len = strlen(word);
    const char *best = NULL;

    if (len > longest_word)
        return NULL;
    size_t best_distance = len / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t known_len = words[i] ? strlen(words[i]) : longest_word + 1;
        if (known_len > longest_word)
            continue;
        size_t distance = edit_distance(word, len, words[i], known_len);
        if (distance < best_distance && distance < known_len) {
            best_distance = distance;
            best = words[i];
        }
    }
    return best;
}
