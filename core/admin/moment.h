/* A point in time as people say it: RFC 3339, or how long ago. */
#ifndef TOCSIN_ADMIN_MOMENT_H
#define TOCSIN_ADMIN_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-25T20:00:00Z", "2026-11-25 20:00:00" (UTC), "2h" (before now). Wall clock. */
bool moment_parse(const char *text, int64_t now_ms, int64_t *ms);

#endif
