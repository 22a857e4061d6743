/* One message as a line of a log: the syslog header, and what the format makes of the message.
 * Always one line, whatever an alert has in it. */
#ifndef SYSLOG_LINE_H
#define SYSLOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

enum {
    LINE_MIN = 480 /* RFC 5426 3.2: every receiver takes that much; the longest header fits in */
};

/* What the line says. */
enum format {
    FORMAT_RFC5424, /* structured data and text */
    FORMAT_RFC3164, /* text */
    FORMAT_CEF,
    FORMAT_LEEF,
    FORMAT_ECS,
};

/* What stands before it. */
enum header {
    HEADER_RFC5424,
    HEADER_RFC3164,
    HEADER_LOCAL, /* RFC 3164's without the host name: what /dev/log takes */
    HEADER_NONE,
};

struct line_style {
    enum format format;
    enum header header; /* FORMAT_RFC5424 has its own; FORMAT_RFC3164 that or HEADER_LOCAL */
    int facility;       /* the code, 0..23 */
    const char *hostname;
    const char *app_name;
    bool bom; /* before the text, with HEADER_RFC5424 */
    bool cee; /* "@cee: " before FORMAT_ECS */
};

struct line {
    const char *bytes; /* the call's; no NUL at the end */
    size_t len;
};

/* At most max bytes, at least LINE_MIN. What does not fit is left out: the end of the text first
 * (cut on a character, "..." after it), then single fields, whole ones only. */
struct line line_write(struct tocsin_call *call, const struct line_style *style, size_t max);

#endif
