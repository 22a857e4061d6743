/* The header of a syslog line, and the severities that formats share with it. */
#ifndef SYSLOG_HEADER_H
#define SYSLOG_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draft;
struct line_style;
struct tocsin_call;
struct tocsin_message;

/* Limits of RFC 5424 (6. Syntax) and RFC 3164 (4.1.3). */
enum {
    HOSTNAME_MAX = 255,
    APP_NAME_MAX = 48,
    MSGID_MAX = 32,
    TAG_MAX = 32,
};

void header_write(struct draft *draft, struct tocsin_call *call, const struct line_style *style);

/* Whether a text is 1..max characters of PRINTUSASCII (%d33-126). */
bool is_printable(const char *text, size_t max);

/* Whether a text can be RFC 3164's TAG: 1..TAG_MAX of a-z, A-Z, 0-9, and "-_.", which RFC 3164
 * does not have and every receiver takes. */
bool is_tag(const char *text);

/* RFC 5424 6.2.1, never 0: stock receivers write emerg to every terminal. */
int severity_of(const struct tocsin_message *message);

/* 0 to 10: a tenth of the urgency, or the level's middle where that is unknown. */
int tenths_of(const struct tocsin_message *message);

#endif
