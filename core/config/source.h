/* The text of a YAML file while it is read: from the marks of libyaml, which count characters, to
 * bytes, and from bytes to places. A line ends with a newline, as editors and grep have it; libyaml
 * counts more lines where a carriage return stands alone, or U+0085, U+2028 or U+2029. */
#ifndef TOCSIN_CONFIG_SOURCE_H
#define TOCSIN_CONFIG_SOURCE_H

#include <stddef.h>

#include "config/problems.h"

struct source {
    const char *file; /* borrowed, by all places too */
    const char *text; /* borrowed; need not end with a NUL */
    size_t len;
    size_t index, offset; /* the last answer of source_offset(): marks mostly go forward */
};

/* The byte at which the character with this index (from 0) begins; at most len. */
size_t source_offset(struct source *source, size_t index);

/* The place of a byte. */
struct place source_place(const struct source *source, size_t offset);

/* Moves a place on, from the byte that it is of to a later one. */
void source_advance(const struct source *source, struct place *place, size_t from, size_t to);

/* The bytes in which the line of this byte begins and ends (its line break not counted). */
size_t source_line_start(const struct source *source, size_t offset);
size_t source_line_end(const struct source *source, size_t offset);

#endif
