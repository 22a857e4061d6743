/* A log line's text. What an attacker put into an alert cannot end the line, begin a field or turn
 * the writing direction, in either format, and is cut at a bound. */
#ifndef TOCSIN_BASE_LOG_LINE_H
#define TOCSIN_BASE_LOG_LINE_H

#include "base/log.h"

struct buf;

enum {
    LOG_LONGEST_TEXT = 4096, /* bytes of one value; the rest is counted */
};

/* Appends the line, with its newline. time: NULL where the reader notes it himself; the line then
 * begins with <3> to <7>, the priority of sd-daemon(3). text: secrets are out of it already. */
void log_line_append(struct buf *out, const struct logger *logger, enum log_level level,
    const char *time, const char *text);

#endif
