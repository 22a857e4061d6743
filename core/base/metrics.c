#include "base/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

enum {
    most_cells =
        4096, /* of one metric: rules that are renamed at each reload do not add up for ever */
};

/* One combination of labels. */
struct cell {
    UT_hash_handle hh; /* family::cells, in order of first use */
    char *key;         /* "first\nsecond" */
    char *labels[METRIC_LABELS];
    uint64_t count;
    struct histogram histogram;
};

struct family {
    UT_hash_handle hh; /* metrics::families, in order of first use */
    const struct metric *metric;
    struct cell *cells;
};

struct metrics {
    struct family *families;
};

struct metrics *metrics_create(void)
{
    return mem_alloc(sizeof(struct metrics));
}

static void cell_destroy(struct cell *cell)
{
    for (size_t i = 0; i < METRIC_LABELS; i++)
        free(cell->labels[i]);
    free(cell->key);
    free(cell);
}

static void family_destroy(struct family *family)
{
    struct cell *cell = family->cells, *next;

    HASH_CLEAR(hh, family->cells); /* the table; its items are still linked */
    for (; cell; cell = next) {
        next = cell->hh.next;
        cell_destroy(cell);
    }
    free(family);
}

void metrics_destroy(struct metrics *metrics)
{
    struct family *family, *next;

    if (!metrics)
        return;
    family = metrics->families;
    HASH_CLEAR(hh, metrics->families);
    for (; family; family = next) {
        next = family->hh.next;
        family_destroy(family);
    }
    free(metrics);
}

static struct family *find_family(struct metrics *metrics, const struct metric *metric)
{
    struct family *family;

    HASH_FIND_PTR(metrics->families, &metric, family);
    if (family)
        return family;
    family = mem_alloc(sizeof *family);
    family->metric = metric;
    HASH_ADD_PTR(metrics->families, metric, family);
    return family;
}

static struct cell *add_cell(
    struct family *family, const char *key, const char *first, const char *second)
{
    struct cell *cell = mem_alloc(sizeof *cell);

    cell->key = text_copy(key);
    cell->labels[0] = text_copy(first);
    cell->labels[1] = text_copy(second);
    HASH_ADD_KEYPTR(hh, family->cells, cell->key, strlen(cell->key), cell);
    return cell;
}

static void make_key(struct buf *key, const char *first, const char *second)
{
    buf_puts(key, first ? first : "");
    buf_putc(key, '\n');
    buf_puts(key, second ? second : "");
}

/* NULL where there is none yet. */
static const struct cell *look_up(const struct metrics *metrics, const struct metric *metric,
    const char *first, const char *second)
{
    auto_buf struct buf key = {0};
    struct family *family = NULL;
    struct cell *cell = NULL;

    make_key(&key, first, second);
    if (metrics)
        HASH_FIND_PTR(metrics->families, &metric, family);
    if (family)
        HASH_FIND(hh, family->cells, key.data, key.len, cell);
    return cell;
}

/* NULL when there are too many. */
static struct cell *find_cell(
    struct metrics *metrics, const struct metric *metric, const char *first, const char *second)
{
    struct family *family = find_family(metrics, metric);
    auto_buf struct buf key = {0};
    struct cell *cell;

    make_key(&key, first, second);
    HASH_FIND(hh, family->cells, key.data, key.len, cell);
    if (cell || HASH_COUNT(family->cells) >= most_cells)
        return cell;
    return add_cell(family, key.data, first, second);
}

void metrics_add(struct metrics *metrics, const struct metric *metric, const char *first,
    const char *second, uint64_t count)
{
    struct cell *cell = metrics ? find_cell(metrics, metric, first, second) : NULL;

    if (cell)
        cell->count += count;
}

void metrics_prepare(struct metrics *metrics, const struct metric *metric, const char *first)
{
    if (metrics)
        find_cell(metrics, metric, first, NULL);
}

void metrics_observe(
    struct metrics *metrics, const struct metric *metric, const char *first, double value)
{
    struct cell *cell = metrics ? find_cell(metrics, metric, first, NULL) : NULL;

    if (cell)
        histogram_observe(&cell->histogram, metric->bounds, value);
}

uint64_t metrics_count(const struct metrics *metrics, const struct metric *metric,
    const char *first, const char *second)
{
    const struct cell *cell = look_up(metrics, metric, first, second);

    return cell ? cell->count : 0;
}

const struct histogram *metrics_spread(
    const struct metrics *metrics, const struct metric *metric, const char *first)
{
    const struct cell *cell = look_up(metrics, metric, first, NULL);

    return cell ? &cell->histogram : NULL;
}

void metrics_head(struct buf *out, const char *name, const char *help, const char *type)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void append_value(struct buf *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            buf_putc(out, '\\');
        if (*value == '\n')
            buf_puts(out, "\\n");
        else
            buf_putc(out, *value);
    }
}

/* The first opens the braces. */
static void append_label(struct buf *out, const char *name, const char *value, bool *is_open)
{
    if (!name || !value)
        return;
    buf_printf(out, "%c%s=\"", *is_open ? ',' : '{', name);
    append_value(out, value);
    buf_putc(out, '"');
    *is_open = true;
}

static void append_number(struct buf *out, double number)
{
    if (number == floor(number) && fabs(number) < 1e15)
        buf_printf(out, " %.0f\n", number);
    else
        buf_printf(out, " %.15g\n", number);
}

void metrics_sample(
    struct buf *out, const char *name, const char *label, const char *value, double number)
{
    bool is_open = false;

    buf_puts(out, name);
    append_label(out, label, value, &is_open);
    if (is_open)
        buf_putc(out, '}');
    append_number(out, number);
}

static void append_bucket(struct buf *out, const struct metric *metric, const char *value,
    const char *bound, uint64_t count)
{
    bool is_open = false;

    buf_printf(out, "%s_bucket", metric->name);
    append_label(out, metric->labels[0], value, &is_open);
    append_label(out, "le", bound, &is_open);
    buf_printf(out, "} %" PRIu64 "\n", count);
}

/* Buckets are told as the format wants them: each holds all below it. */
void metrics_histogram(struct buf *out, const struct metric *metric, const char *value,
    const struct histogram *histogram)
{
    uint64_t below = 0;

    for (size_t i = 0; i < metric->bounds->count; i++) {
        char bound[32];
        below += histogram->counts[i];
        snprintf(bound, sizeof bound, "%.9g", metric->bounds->upper[i]);
        append_bucket(out, metric, value, bound, below);
    }
    append_bucket(out, metric, value, "+Inf", histogram->count);
    auto_free char *sum = text_format("%s_sum", metric->name);
    auto_free char *count = text_format("%s_count", metric->name);
    metrics_sample(out, sum, metric->labels[0], value, histogram->sum);
    metrics_sample(out, count, metric->labels[0], value, (double)histogram->count);
}

static void write_counter(struct buf *out, const struct metric *metric, const struct cell *cell)
{
    bool is_open = false;

    buf_puts(out, metric->name);
    for (size_t i = 0; i < METRIC_LABELS; i++)
        append_label(out, metric->labels[i], cell->labels[i], &is_open);
    buf_printf(out, "%s %" PRIu64 "\n", is_open ? "}" : "", cell->count);
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
    for (const struct family *family = metrics->families; family; family = family->hh.next) {
        const struct metric *metric = family->metric;
        metrics_head(out, metric->name, metric->help, metric->bounds ? "histogram" : "counter");
        for (const struct cell *cell = family->cells; cell; cell = cell->hh.next) {
            if (metric->bounds)
                metrics_histogram(out, metric, cell->labels[0], &cell->histogram);
            else
                write_counter(out, metric, cell);
        }
    }
}
