#include "../cmocka_setup.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/metrics.h"

static const struct histogram_bounds bounds = {3, {0.1, 1, 10}};
static const struct metric plain = {"x_total", "How many.", {NULL, NULL}, NULL};
static const struct metric labelled = {"y_total", "By what.", {"sink", "result"}, NULL};
static const struct metric seconds = {"z_seconds", "How long.", {"sink", NULL}, &bounds};

static void expect(struct metrics *metrics, const char *text)
{
    auto_buf struct buf out = {0};

    metrics_write(metrics, &out);
    assert_string_equal(buf_text(&out), text);
    metrics_destroy(metrics);
}

static void test_counters_are_told_by_their_labels(void **state)
{
    struct metrics *metrics = metrics_create();

    (void)state;
    metrics_add(metrics, &plain, NULL, NULL, 2);
    metrics_add(metrics, &labelled, "chat", "dead", 0);
    metrics_add(metrics, &labelled, "chat", "delivered", 3);
    metrics_add(metrics, &plain, NULL, NULL, UINT64_C(9007199254740993));
    expect(metrics, "# HELP x_total How many.\n# TYPE x_total counter\nx_total 9007199254740995\n"
                    "# HELP y_total By what.\n# TYPE y_total counter\n"
                    "y_total{sink=\"chat\",result=\"dead\"} 0\n"
                    "y_total{sink=\"chat\",result=\"delivered\"} 3\n");
}

static void test_a_label_can_hold_any_text(void **state)
{
    struct metrics *metrics = metrics_create();

    (void)state;
    metrics_add(metrics, &labelled, "a\"b\\c\nd", "é", 1);
    expect(metrics, "# HELP y_total By what.\n# TYPE y_total counter\n"
                    "y_total{sink=\"a\\\"b\\\\c\\nd\",result=\"é\"} 1\n");
}

static void test_buckets_hold_all_below_them_and_their_bound(void **state)
{
    struct metrics *metrics = metrics_create();

    (void)state;
    metrics_prepare(metrics, &seconds, "chat");
    metrics_observe(metrics, &seconds, "chat", 0.1);
    metrics_observe(metrics, &seconds, "chat", 0.5);
    metrics_observe(metrics, &seconds, "chat", 60);
    expect(metrics, "# HELP z_seconds How long.\n# TYPE z_seconds histogram\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"0.1\"} 1\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"1\"} 2\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"10\"} 2\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"+Inf\"} 3\n"
                    "z_seconds_sum{sink=\"chat\"} 60.6\nz_seconds_count{sink=\"chat\"} 3\n");
}

static void test_what_is_prepared_is_there_with_nothing_in_it(void **state)
{
    struct metrics *metrics = metrics_create();

    (void)state;
    metrics_prepare(metrics, &seconds, "chat");
    expect(metrics, "# HELP z_seconds How long.\n# TYPE z_seconds histogram\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"0.1\"} 0\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"1\"} 0\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"10\"} 0\n"
                    "z_seconds_bucket{sink=\"chat\",le=\"+Inf\"} 0\n"
                    "z_seconds_sum{sink=\"chat\"} 0\nz_seconds_count{sink=\"chat\"} 0\n");
}

static void test_names_that_never_come_back_do_not_add_up_for_ever(void **state)
{
    struct metrics *metrics = metrics_create();
    auto_buf struct buf out = {0};
    size_t lines = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        char name[16];
        snprintf(name, sizeof name, "rule-%d", i);
        metrics_add(metrics, &labelled, name, "x", 1);
    }
    metrics_write(metrics, &out);
    for (const char *at = buf_text(&out); (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 4096 + 2);
    metrics_destroy(metrics);
}

static void test_without_a_registry_nothing_is_counted(void **state)
{
    (void)state;
    metrics_add(NULL, &plain, NULL, NULL, 1);
    metrics_observe(NULL, &seconds, "chat", 1);
    metrics_prepare(NULL, &seconds, "chat");
    metrics_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_are_told_by_their_labels),
        cmocka_unit_test(test_a_label_can_hold_any_text),
        cmocka_unit_test(test_buckets_hold_all_below_them_and_their_bound),
        cmocka_unit_test(test_what_is_prepared_is_there_with_nothing_in_it),
        cmocka_unit_test(test_names_that_never_come_back_do_not_add_up_for_ever),
        cmocka_unit_test(test_without_a_registry_nothing_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
