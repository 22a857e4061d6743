/* Untrusted text made harmless for where it will be shown: it cannot become a link, a mention, a
 * heading, markup or another line's beginning. Sources: CommonMark and Mattermost's mention rules,
 * the Teams text rules (back-slashes show on phones, so specials are broken up with U+200B there),
 * Slack's mrkdwn (& < > only), HTML, URLs (RFC 3986: all but the unreserved characters is
 * percent-encoded, so that a value stays one segment, or one value of a query). For text on one
 * line: event/line.h. */
#ifndef TOCSIN_MESSAGE_ESCAPE_H
#define TOCSIN_MESSAGE_ESCAPE_H

#include <stddef.h>

#include "event/line.h" /* one_line_append() */
#include "message/message.h"

struct buf;

/* Appends text (UTF-8) escaped for the flavour. Newlines stay, in HTML too: show it with
 * `white-space: pre-line`. Other controls become blanks; what turns the writing direction is
 * dropped. Of a URL all bytes are kept. JSON is no matter of texts: message/json_slot.h. Texts that
 * are escaped piece by piece are as harmless when they are put together. */
void escape_append(struct buf *out, enum flavour flavour, const char *text, size_t len);

#endif
