/* Where the lines and characters of a text are: a fault that is reported for line 7 of a file of
 * six lines helps nobody. */
#ifndef TOCSIN_TESTS_FUZZ_PLACES_H
#define TOCSIN_TESTS_FUZZ_PLACES_H

#include <stddef.h>

struct problem;

struct places {
    const char *name; /* of the file; borrowed, like the text */
    const char *text;
    size_t len;
    size_t *characters; /* the byte that each begins with; the text's end is one more */
    size_t character_count;
    size_t *lines; /* the number of each line's first character; one more at the end */
    size_t line_count;
};

/* A line ends with its newline; a byte order mark at the beginning is none of its characters. */
void places_init(struct places *places, const char *name, const char *text, size_t len);
void places_finish(struct places *places);

/* The byte at a line and column, both from 1. Demands that the text reaches that far; the end of a
 * line belongs to it. */
size_t places_offset(const struct places *places, size_t line, size_t column);

/* Demands of a problem that it is one line of words, and about a place in this text. */
void places_demand(const struct places *places, const struct problem *problem);

#endif
