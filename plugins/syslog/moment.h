/* Times as the formats write them: Unix epoch in milliseconds, to text that is the call's. */
#ifndef SYSLOG_MOMENT_H
#define SYSLOG_MOMENT_H

#include <stdint.h>

struct tocsin_call;

/* The time of the message's event; that of the attempt where the event's is not known, or has no
 * year of four digits. */
int64_t moment_of(struct tocsin_call *call);

/* "2026-11-23T10:00:00.123Z": RFC 3339 in UTC; NULL for a time that has no year of four digits. */
const char *moment_rfc3339(struct tocsin_call *call, int64_t ms);

/* "Nov 23 10:00:00": RFC 3164 4.1.2, the machine's local time without year and zone. */
const char *moment_rfc3164(struct tocsin_call *call, int64_t ms);

/* "Nov 23 2026 10:00:00.123 UTC": one of the layouts in QRadar's guide, and its words for it. */
const char *moment_leef(struct tocsin_call *call, int64_t ms);
#define LEEF_TIME_FORMAT "MMM dd yyyy HH:mm:ss.SSS zzz"

#endif
