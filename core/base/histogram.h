/* How values spread over buckets that grow: a plain struct, to be copied and kept anywhere. */
#ifndef TOCSIN_BASE_HISTOGRAM_H
#define TOCSIN_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_MOST = 16,
};

/* The upper bounds of its buckets, each included; what is above the last stands in none of them. */
struct histogram_bounds {
    size_t count;
    double upper[HISTOGRAM_MOST];
};

struct histogram {
    uint64_t counts[HISTOGRAM_MOST]; /* of each bucket by itself */
    uint64_t count;
    double sum;
};

void histogram_observe(
    struct histogram *histogram, const struct histogram_bounds *bounds, double value);

/* The value that a share of all, 0..1, does not exceed: within its bucket as if they were spread
 * evenly, the last bound for what is above that; NAN where nothing was observed. */
double histogram_quantile(
    const struct histogram *histogram, const struct histogram_bounds *bounds, double share);

#endif
