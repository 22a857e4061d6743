#include "base/histogram.h"

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
