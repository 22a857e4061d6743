#include "captured.h"

#include "../cmocka_setup.h"

#include <event2/event.h>
#include <string.h>

#include "base/clock.h"
#include "base/log_quota.h"

enum {
    per_second = 5,
    asked = 100,
    longest_tick_ms = 20,
};

static unsigned admitted(struct log_quota *quota)
{
    unsigned count = 0;

    for (int i = 0; i < asked; i++)
        count += log_quota_admits(quota);
    return count;
}

static struct log_quota *quota_of(struct event_base *base, const struct logger *logger)
{
    return log_quota_create(base, logger, LOG_LEVEL_INFO, per_second, "were left out");
}

/* libevent's timers go by a coarser clock, which may be early by a tick of the kernel. */
static void assert_another_second_begins(struct log_quota *quota)
{
    int64_t deadline_ms = clock_mono_ms() + longest_tick_ms;

    while (!log_quota_admits(quota))
        assert_true(clock_mono_ms() <= deadline_ms);
}

static void test_so_many_in_a_second_and_the_rest_is_counted(void **state)
{
    struct event_base *base = event_base_new();
    struct logger root = {.threshold = LOG_LEVEL_INFO};
    struct log_quota *quota = quota_of(base, &root);
    struct captured captured;
    char text[512];

    (void)state;
    /* The hundred may lie on both sides of a second's end, on a machine that is that slow. */
    unsigned count = admitted(quota);
    assert_in_range(count, per_second, 2 * per_second);

    captured_begin(&captured);
    event_base_dispatch(base); /* until the timer, the only event, was told */
    captured_end(&captured, text, sizeof text);
    char expected[64];
    snprintf(
        expected, sizeof expected, " level=info msg=\"%u more were left out\"\n", asked - count);
    assert_non_null(strstr(text, expected));
    assert_another_second_begins(quota);
    log_quota_destroy(quota);
    event_base_free(base);
}

static void test_debug_leaves_nothing_out(void **state)
{
    struct event_base *base = event_base_new();
    struct logger root = {.threshold = LOG_LEVEL_DEBUG};
    struct log_quota *quota = quota_of(base, &root);

    (void)state;
    assert_int_equal(admitted(quota), asked);
    log_quota_destroy(quota);
    event_base_free(base);
}

static void test_where_its_level_is_not_written_nothing_is_counted(void **state)
{
    struct event_base *base = event_base_new();
    struct logger root = {.threshold = LOG_LEVEL_WARN};
    struct log_quota *quota = quota_of(base, &root);

    (void)state;
    assert_int_equal(admitted(quota), 0);
    root.threshold = LOG_LEVEL_INFO; /* as a reload does */
    assert_in_range(admitted(quota), per_second, 2 * per_second);
    log_quota_destroy(quota);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_so_many_in_a_second_and_the_rest_is_counted),
        cmocka_unit_test(test_debug_leaves_nothing_out),
        cmocka_unit_test(test_where_its_level_is_not_written_nothing_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
