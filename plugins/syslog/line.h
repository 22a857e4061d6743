/* One message as RFC 5424 writes it: always one line, whatever an alert has in it. */
#ifndef SYSLOG_LINE_H
#define SYSLOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

/* Limits of the RFC (6. Syntax). */
enum {
    HOSTNAME_MAX = 255,
    APP_NAME_MAX = 48,
    MSGID_MAX = 32,
    LINE_MIN = 480 /* RFC 5426 3.2: every receiver takes that much; the header fits in */
};

struct line_style {
    int facility;         /* the code, 0..23 */
    const char *hostname; /* printable ASCII without blanks */
    const char *app_name; /* likewise */
    bool bom;
};

struct line {
    const char *bytes; /* the call's; no NUL at the end */
    size_t len;
};

/* At most max bytes, at least LINE_MIN. What does not fit is left out in this order: the end of the
 * text (cut on a character, "..." after it), then single parameters of the structured data. */
struct line line_write(struct tocsin_call *call, const struct line_style *style, size_t max);

/* Whether a text is 1..max characters of PRINTUSASCII (%d33-126). */
bool is_printable(const char *text, size_t max);

#endif
