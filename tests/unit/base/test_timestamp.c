#include "../cmocka_setup.h"

#include "base/timestamp.h"

static void test_a_time_reads_back_as_it_was_written(void **state)
{
    char text[TIMESTAMP_SIZE];
    int64_t ms;

    (void)state;
    timestamp_format(1642172817398, text);
    assert_string_equal(text, "2022-01-14T15:06:57.398Z");
    assert_true(timestamp_parse(text, &ms));
    assert_int_equal(ms, 1642172817398);
}

static void test_every_form_that_sekoia_sends_is_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"2022-01-14T15:06:57.398005+00:00", 1642172817398},
        {"2022-01-14T16:06:57.398005+01:00", 1642172817398},
        {"2025-02-06T15:05:44.016485", 1738854344016}, /* a case: no zone */
        {"2026-09-10T00:26:40.000000Z", 1789000000000}, {"2026-09-10 00:26:40Z", 1789000000000},
        {"2026-09-10T00:26:40Z", 1789000000000}, {"2000-02-29T00:00:00Z", 951782400000},
        {"2026-12-31T23:59:60Z", 1798761600000}, /* a leap second is the next one's */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_true(timestamp_parse(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {"", "2022-01-12T10-00-00Z", "2022-01-12", "yesterday",
        "2022-13-12T10:00:00Z", "2022-01-12T25:00:00Z", "2022-01-12T10:00:00Zoo",
        "2022-01-12T10:00:00+1", "2022-01-12T10:00:00.Z", "1642172817", "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2026-04-31T00:00:00Z"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(timestamp_parse(texts[i], &ms));
}

static void test_times_before_the_epoch_are_written(void **state)
{
    char text[TIMESTAMP_SIZE];

    (void)state;
    timestamp_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_time_reads_back_as_it_was_written),
        cmocka_unit_test(test_every_form_that_sekoia_sends_is_read),
        cmocka_unit_test(test_what_is_no_time_is_refused),
        cmocka_unit_test(test_times_before_the_epoch_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
