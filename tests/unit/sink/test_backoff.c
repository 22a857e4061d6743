#include "../cmocka_setup.h"

#include "sink/backoff.h"

enum {
    first_ms = 2000,
    max_ms = 600000,
};

static void test_the_span_doubles_with_each_attempt(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(1, first_ms, max_ms, 1), 2000);
    assert_int_equal(backoff_ms(2, first_ms, max_ms, 1), 4000);
    assert_int_equal(backoff_ms(5, first_ms, max_ms, 1), 32000);
}

static void test_max_bounds_it_whatever_the_number_of_attempts(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(10, first_ms, max_ms, 1), max_ms);
    assert_int_equal(backoff_ms(2147483647, first_ms, max_ms, 1), max_ms);
    assert_int_equal(backoff_ms(3, first_ms, first_ms, 1), first_ms);
}

/* All that failed at one moment must not come back at one moment. */
static void test_chance_takes_any_part_of_the_span_but_next_to_nothing(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(3, first_ms, max_ms, 0.5), 4000);
    assert_int_equal(backoff_ms(3, first_ms, max_ms, 0.25), 2000);
    assert_int_equal(backoff_ms(3, first_ms, max_ms, 0), 800);
    assert_int_equal(backoff_ms(1, 1, max_ms, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_span_doubles_with_each_attempt),
        cmocka_unit_test(test_max_bounds_it_whatever_the_number_of_attempts),
        cmocka_unit_test(test_chance_takes_any_part_of_the_span_but_next_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
