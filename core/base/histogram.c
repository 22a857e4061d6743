#include "base/histogram.h"

#include <math.h>

void histogram_observe(
    struct histogram *histogram, const struct histogram_bounds *bounds, double value)
{
    size_t i = 0;

    while (i < bounds->count && value > bounds->upper[i])
        i++;
    if (i < bounds->count)
        histogram->counts[i]++;
    histogram->count++;
    histogram->sum += value;
}

double histogram_quantile(
    const struct histogram *histogram, const struct histogram_bounds *bounds, double share)
{
    double rank = share * (double)histogram->count, below = 0, lower = 0;

    if (histogram->count == 0)
        return NAN;
    for (size_t i = 0; i < bounds->count; i++) {
        double count = (double)histogram->counts[i];
        if (count > 0 && below + count >= rank)
            return lower + (bounds->upper[i] - lower) * (rank - below) / count;
        below += count;
        lower = bounds->upper[i];
    }
    return lower;
}
