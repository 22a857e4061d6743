/* What is counted for those who watch from outside, in Prometheus' text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Each room declares what it
 * counts; one registry holds the numbers, which outlive a reload. Belongs to the loop's thread.
 *
 * Labels are names out of the configuration, or words out of the code: never what a sender wrote.
 */
#ifndef TOCSIN_BASE_METRICS_H
#define TOCSIN_BASE_METRICS_H

#include <stdint.h>

#include "base/histogram.h"

struct buf;
struct metrics;

enum {
    METRIC_LABELS = 2,
};

/* A constant, known by its address. */
struct metric {
    const char *name; /* with its unit, "tocsin_attempt_seconds"; a counter's ends with _total */
    const char *help;
    const char *labels[METRIC_LABELS];     /* names; NULL where there are fewer */
    const struct histogram_bounds *bounds; /* NULL: a counter */
};

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics);

/* Adds to a counter, by the values of its labels (NULL where it has fewer); 0 makes it be there, so
 * that the first count is seen as a rise. metrics NULL counts nothing. */
void metrics_add(struct metrics *metrics, const struct metric *metric, const char *first,
    const char *second, uint64_t count);

/* A histogram, in the same way. */
void metrics_observe(
    struct metrics *metrics, const struct metric *metric, const char *first, double value);
void metrics_prepare(struct metrics *metrics, const struct metric *metric, const char *first);

/* What was counted so far; 0 and NULL where nothing was. The histogram lives as long as the
 * metrics.
 */
uint64_t metrics_count(const struct metrics *metrics, const struct metric *metric,
    const char *first, const char *second);
const struct histogram *metrics_spread(
    const struct metrics *metrics, const struct metric *metric, const char *first);

/* All of it, in order of first use. */
void metrics_write(const struct metrics *metrics, struct buf *out);

/* For what is not counted but measured when it is asked for: the lines before the samples of one
 * name (type: "gauge", "counter", "histogram"), and a sample. */
void metrics_head(struct buf *out, const char *name, const char *help, const char *type);
void metrics_sample(
    struct buf *out, const char *name, const char *label, const char *value, double number);
void metrics_histogram(struct buf *out, const struct metric *metric, const char *value,
    const struct histogram *histogram);

#endif
