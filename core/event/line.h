/* Untrusted text, character by character: what of it is seen, and what only does harm. Texts are
 * UTF-8; a byte that belongs to no valid sequence counts as a control. */
#ifndef TOCSIN_EVENT_LINE_H
#define TOCSIN_EVENT_LINE_H

#include <stddef.h>

struct buf;

enum character {
    CHARACTER_VISIBLE,
    CHARACTER_NEWLINE, /* U+000A */
    CHARACTER_CONTROL, /* the other C0 and C1 controls, U+2028 and U+2029 */
    CHARACTER_BIDI,    /* turns the writing direction: makes a text read as another one */
};

/* Tells what the text (len at least 1) begins with; returns its length in bytes. */
size_t character_next(const char *text, size_t len, enum character *kind);

/* The length of the run of printable ASCII that begins the text: all of it is visible. */
size_t printable_run(const char *text, size_t len);

/* Appends text as one line: each run of controls and newlines becomes one blank, and what turns the
 * writing direction is dropped. Not escaped. */
void one_line_append(struct buf *out, const char *text, size_t len);

/* A copy as one line, without blanks at its ends, of at most max code points: a longer one ends
 * with an ellipsis. The caller frees it. */
char *one_line_copy(const char *text, size_t max);

#endif
