/* A text with its escapes undone, round by round: JSON's (\/ & \\), URLs' (%2F) and HTML's (&amp;
 * &#47;), however often one was put over the other. For who looks for words in text that went
 * through other hands.
 */
#ifndef TOCSIN_BASE_SPELLING_H
#define TOCSIN_BASE_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

struct spelling {
    char *plain; /* owned; ends with NUL, and may hold others */
    size_t len;
    size_t *from; /* owned: where in the text each byte of plain is spelled, and at [len] its end */
};

enum {
    SPELLING_ROUNDS = 8, /* more than anybody puts one escape over the other */
};

/* Whether the text may hold any escape at all. */
bool spelling_is_needed(const char *text);

/* Takes the text as it is. */
void spelling_init(struct spelling *spelling, const char *text);

/* Undoes one round of escapes; whether there were any. */
bool spelling_undo(struct spelling *spelling);

void spelling_finish(struct spelling *spelling);

/* How much of the text is whole: less than all of it where its end, at which it was cut, may have
 * gone through an escape. */
size_t spelling_whole(const char *text);

#endif
