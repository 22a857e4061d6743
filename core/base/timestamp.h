/* Times as text: RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339). */
#ifndef TOCSIN_BASE_TIMESTAMP_H
#define TOCSIN_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TIMESTAMP_SIZE = 40,
};

/* Writes 2026-11-23T10:00:00.000Z for milliseconds since the epoch. */
void timestamp_format(int64_t ms, char text[TIMESTAMP_SIZE]);

/* The same to the second, as people read it: 2026-11-23 10:00:00 UTC. */
void timestamp_format_human(int64_t ms, char text[TIMESTAMP_SIZE]);

/* Reads an RFC 3339 time (blank or T between date and time, any number of decimals, Z or an
 * offset). Without a zone it is UTC, since Sekoia's cases carry none. Returns false for anything
 * else. */
bool timestamp_parse(const char *text, int64_t *ms);

#endif
