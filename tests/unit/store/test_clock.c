#include "test_clock.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

static atomic_int_least64_t told_ms;

void test_clock_set(int64_t ms)
{
    atomic_store(&told_ms, ms);
}

int64_t clock_wall_ms(void)
{
    return atomic_load(&told_ms);
}

int64_t clock_steady_ms(void)
{
    return atomic_load(&told_ms);
}

int64_t clock_mono_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    return clock_mono_ms() * 1000;
}

struct timeval clock_timeval(int64_t ms)
{
    if (ms < 0)
        ms = 0;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}
