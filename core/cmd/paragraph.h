/* A text of one line, broken between its words so that it fits a width. */
#ifndef TOCSIN_CMD_PARAGRAPH_H
#define TOCSIN_CMD_PARAGRAPH_H

#include <stddef.h>

struct buf;

/* Appends at most so many lines (at least 1), none of them longer than width code points; what does
 * not fit ends with an ellipsis. indent: blanks before each line but the first, which the caller
 * has begun with as many columns. A word that is longer than a line is broken. Returns the number
 * of lines. text: valid UTF-8 without controls. */
size_t paragraph_append(
    struct buf *out, const char *text, size_t width, size_t indent, size_t most_lines);

#endif
