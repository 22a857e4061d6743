#include "sink/backoff.h"

int64_t backoff_ms(int attempt, int64_t first_ms, int64_t max_ms, double random)
{
    int64_t span = first_ms;

    for (int i = 1; i < attempt && span < max_ms; i++)
        span *= 2;
    if (span > max_ms)
        span = max_ms;
    double share = random < 0.1 ? 0.1 : random;
    int64_t wait = (int64_t)((double)span * share);
    return wait > 0 ? wait : 1;
}
