/* Untrusted text made harmless for where it will be shown: it cannot become a link, a mention, a
 * heading, markup or another line's beginning. Sources: CommonMark and Mattermost's mention rules,
 * the Teams text rules (back-slashes show on phones, so specials are broken up with U+200B there),
 * Slack's mrkdwn (& < > only), HTML. */
#ifndef TOCSIN_MESSAGE_ESCAPE_H
#define TOCSIN_MESSAGE_ESCAPE_H

#include <stddef.h>

#include "message/message.h"

struct buf;

/* Appends text (valid UTF-8) escaped for the flavour. Newlines stay, other controls become blanks.
 */
void escape_append(struct buf *out, enum flavour flavour, const char *text, size_t len);

/* Appends text as one line: every control, newlines too, and U+2028/2029/0085 become one blank. Not
 * escaped. */
void one_line_append(struct buf *out, const char *text, size_t len);

#endif
