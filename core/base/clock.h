/* The two clocks. Durations run on the monotonic one; what must survive a restart is stored as
 * wall-clock time. Both in milliseconds. */
#ifndef TOCSIN_BASE_CLOCK_H
#define TOCSIN_BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

/* Since the Unix epoch. */
int64_t clock_wall_ms(void);

/* Since an unspecified point; never goes back. */
int64_t clock_mono_ms(void);

/* A duration as the event loop wants it; negative is zero. */
struct timeval clock_timeval(int64_t ms);

#endif
