/* Durations and sizes as people write them in the configuration. */
#ifndef TOCSIN_BASE_UNITS_H
#define TOCSIN_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* 250ms 5s 10m 2h 7d, to milliseconds. A bare 0 is a duration; any other bare number is not. */
bool duration_parse(const char *text, int64_t *ms);

/* 512 64k 1m 2g, to bytes (powers of 1,024). */
bool size_parse(const char *text, uint64_t *bytes);

/* 10/s 60/m 100/h, to events per second; "off" is 0, which means no limit. */
bool rate_parse(const char *text, double *per_second);

#endif
