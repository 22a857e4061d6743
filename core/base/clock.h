/* The clocks, in milliseconds but for one. Durations run on the monotonic one. What people read is
 * told by the wall clock. What must survive a restart, and still must not move when somebody sets
 * the wall clock, is told by the steady one. */
#ifndef TOCSIN_BASE_CLOCK_H
#define TOCSIN_BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

/* Since the Unix epoch. */
int64_t clock_wall_ms(void);

/* Since an unspecified point; never goes back. */
int64_t clock_mono_ms(void);

/* The same in microseconds, for what takes less than one millisecond. */
int64_t clock_mono_us(void);

/* Since the Unix epoch as the wall clock knew it when the process first asked, and from then on as
 * long as the monotonic clock says: it never jumps while the process lives. */
int64_t clock_steady_ms(void);

/* A duration as the event loop wants it; negative is zero. */
struct timeval clock_timeval(int64_t ms);

#endif
