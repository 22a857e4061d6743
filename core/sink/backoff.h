/* How long to wait before the next attempt: exponential with full jitter, as in "Exponential
 * Backoff And Jitter" (AWS Architecture Blog, 2015). Pure: randomness is an argument. */
#ifndef TOCSIN_SINK_BACKOFF_H
#define TOCSIN_SINK_BACKOFF_H

#include <stdint.h>

/* After the attempt-th attempt (from 1): a time in (0, min(max, first * 2^(attempt-1))], by random
 * in 0..1; never under a tenth of the span, so that nothing spins. */
int64_t backoff_ms(int attempt, int64_t first_ms, int64_t max_ms, double random);

#endif
