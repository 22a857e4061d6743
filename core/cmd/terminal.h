/* What the person at the other end of a stream sees it on. */
#ifndef TOCSIN_CMD_TERMINAL_H
#define TOCSIN_CMD_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

bool terminal_is(FILE *stream);

/* Its width in columns; 80 where it is none, or does not say, and never under 40. */
size_t terminal_width(FILE *stream);

/* Whether colours may be used: a terminal that is not TERM=dumb, and nobody set NO_COLOR to
 * something (no-color.org). */
bool terminal_has_colour(FILE *stream);

enum paint {
    PAINT_BAD,  /* red */
    PAINT_WARN, /* yellow */
    PAINT_GOOD, /* green */
    PAINT_DIM,
};

/* What turns a paint on at the stream, and all of them off: "" where it has no colours. */
const char *paint_on(FILE *stream, enum paint paint);
const char *paint_off(FILE *stream);

#endif
