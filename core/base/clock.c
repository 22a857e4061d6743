#include "base/clock.h"

#include <pthread.h>
#include <time.h>

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t clock_mono_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Fixed once, by whoever asks first; the rest only reads it. */
static int64_t steady_offset_ms;
static pthread_once_t steady_once = PTHREAD_ONCE_INIT;

static void fix_steady_offset(void)
{
    steady_offset_ms = clock_wall_ms() - clock_mono_ms();
}

int64_t clock_steady_ms(void)
{
    pthread_once(&steady_once, fix_steady_offset);
    return clock_mono_ms() + steady_offset_ms;
}

struct timeval clock_timeval(int64_t ms)
{
    if (ms < 0)
        ms = 0;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}
