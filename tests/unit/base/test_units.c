#include "../cmocka_setup.h"

#include "base/units.h"

static void test_durations_are_read_in_every_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {{"250ms", 250}, {"5s", 5000}, {"10m", 600000}, {"2h", 7200000}, {"7d", 604800000},
        {"0", 0}, {"0s", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        assert_true(duration_parse(rows[i].text, &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_what_is_no_duration_is_refused(void **state)
{
    static const char *const texts[] = {"", "5", "s", "-5s", "5 s", "5S", "1.5h", "5sec",
        "9223372036854775807d", "99999999999999999999s"};
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(duration_parse(texts[i], &ms));
}

static void test_sizes_count_in_powers_of_1024(void **state)
{
    uint64_t bytes;

    (void)state;
    assert_true(size_parse("512", &bytes) && bytes == 512);
    assert_true(size_parse("64k", &bytes) && bytes == 65536);
    assert_true(size_parse("1m", &bytes) && bytes == 1048576);
    assert_true(size_parse("2g", &bytes) && bytes == 2147483648);
    assert_false(size_parse("2t", &bytes));
    assert_false(size_parse("-1", &bytes));
}

static void test_rates_are_per_second_and_off_is_none(void **state)
{
    double rate;

    (void)state;
    assert_true(rate_parse("10/s", &rate) && rate > 9.99 && rate < 10.01);
    assert_true(rate_parse("60/m", &rate) && rate > 0.99 && rate < 1.01);
    assert_true(rate_parse("off", &rate) && !(rate > 0));
    assert_false(rate_parse("0/s", &rate));
    assert_false(rate_parse("10", &rate));
    assert_false(rate_parse("10/d", &rate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations_are_read_in_every_unit),
        cmocka_unit_test(test_what_is_no_duration_is_refused),
        cmocka_unit_test(test_sizes_count_in_powers_of_1024),
        cmocka_unit_test(test_rates_are_per_second_and_off_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
