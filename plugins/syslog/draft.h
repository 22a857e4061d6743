/* A line under construction, of a fixed size: what does not fit is left out, never overrun. All
 * texts go through draft_text() or draft_field(), which let no control pass. */
#ifndef SYSLOG_DRAFT_H
#define SYSLOG_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

struct tocsin_call;

struct draft {
    char *bytes;
    size_t len, max;
    bool is_cut; /* something was left out; until it is marked, nothing more is taken */
};

/* How a format writes untrusted text. */
struct escaping {
    const char *special;   /* ASCII characters that get a back-slash */
    const char *forbidden; /* ASCII characters that have no escape: each becomes `instead` */
    char instead;
    bool has_line_feeds; /* a line's end becomes \n, two characters; else a blank */
};

void draft_puts(struct draft *draft, const char *text);

/* Controls become blanks: C0, DEL, C1, and the separators U+2028 and U+2029, any of which a reader
 * may show as a line's end. What does not fit is cut on a character. */
void draft_text(struct draft *draft, const char *text, const struct escaping *escaping);

/* Replaces the end of what was written after `start` by "...", if something was left out. The cut
 * falls neither into a character nor behind a lone back-slash. */
void draft_mark_cut(struct draft *draft, size_t start);

/* draft_text() and its mark, within `max` bytes of their own. */
void draft_short_text(
    struct draft *draft, const char *text, const struct escaping *escaping, size_t max);

/* Takes back what was written after `start`, if something was left out; true if so. For what
 * stands whole or not at all: half an id is worse than none. */
bool draft_undo(struct draft *draft, size_t start);

/* opening, value and closing, whole or not at all; nothing of a value that is empty or NULL. False
 * if nothing was written. */
bool draft_field(struct draft *draft, const char *opening, const char *value,
    const struct escaping *escaping, const char *closing);

/* The same without a closing, the value within `max` bytes of its own. */
bool draft_short_field(struct draft *draft, const char *opening, const char *value,
    const struct escaping *escaping, size_t max);

/* For a text that may be cut: writes the opening if there is room for it and for a text worth to be
 * begun; false if not. */
bool draft_open(struct draft *draft, const char *opening);

/* The label as a key that log searches understand: a-z, 0-9 and _. */
void draft_key(struct draft *draft, const char *label);

/* The same as a text of its own, the call's. */
const char *draft_key_of(struct tocsin_call *call, const char *label);

#endif
