#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum {
    longest_word = 64, /* a longer one is no slip of the finger */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The distance of Damerau and Levenshtein in its restricted form, in which two neighbours that
 * changed places are one slip and no letter slips twice; letters compared without regard to case.
 * Three rows of the table are enough. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][longest_word + 1];

    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = least(above[j], row[j - 1]) + 1;
            row[j] = least(row[j], above[j - 1] + !is_same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
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
