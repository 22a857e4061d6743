/* Time zones by their names, without touching the process's own. By GLib, where the build has it
 * (meson option `zones`); without it UTC is the only one. */
#ifndef TOCSIN_BASE_ZONE_H
#define TOCSIN_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timestamp.h"

struct _GTimeZone; /* GLib's */
struct error;

/* Zeroed: UTC. Never changes, so any thread may read it. */
struct zone {
    struct _GTimeZone *table;
};

/* A name of the IANA's time zone database ("Europe/Paris"), a distance from UTC ("+05:30"), or
 * "UTC". Reads the system's tables. False with the reason and the nearest name; nothing needs
 * finishing then. */
bool zone_init(struct zone *zone, const char *name, struct error *error);
void zone_finish(struct zone *zone);

/* Writes 2026-11-23 11:00:00 CET: what the clocks there show at that time, and their zone's
 * abbreviation. */
void zone_format(const struct zone *zone, int64_t ms, char text[TIMESTAMP_SIZE]);

#endif
