#include "../cmocka_setup.h"

#include "sink/backoff.h"
#include "sink/budget.h"

static void test_a_second_s_worth_may_go_at_once(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 10, 1000);
    assert_int_equal(budget_available(&budget, 64, 1000), 10);
    budget_spend(&budget, 10);
    assert_int_equal(budget_available(&budget, 64, 1000), 0);
    assert_int_equal(budget_next_ms(&budget, 1000), 1100);
    assert_int_equal(budget_available(&budget, 64, 1250), 2);
}

static void test_a_slow_rate_still_lets_one_go(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 1.0 / 60, 0);
    assert_int_equal(budget_available(&budget, 4, 0), 1);
    budget_spend(&budget, 1);
    assert_int_equal(budget_available(&budget, 4, 30000), 0);
    assert_int_equal(budget_next_ms(&budget, 30000), 60000);
}

static void test_idle_time_is_not_saved_up(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 2, 0);
    assert_int_equal(budget_available(&budget, 64, 3600000), 2);
}

static void test_no_rate_is_no_limit(void **state)
{
    struct budget budget;

    (void)state;
    budget_init(&budget, 0, 0);
    budget_spend(&budget, 1000);
    assert_int_equal(budget_available(&budget, 64, 0), 64);
}

static void test_backoff_doubles_up_to_its_bound(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(1, 2000, 600000, 1), 2000);
    assert_int_equal(backoff_ms(2, 2000, 600000, 1), 4000);
    assert_int_equal(backoff_ms(2, 2000, 600000, 0.5), 2000);
    assert_int_equal(backoff_ms(60, 2000, 600000, 1), 600000);
    assert_int_equal(backoff_ms(1000000, 2000, 600000, 0), 60000); /* a tenth at least */
    assert_int_equal(backoff_ms(1, 1, 1, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_s_worth_may_go_at_once),
        cmocka_unit_test(test_a_slow_rate_still_lets_one_go),
        cmocka_unit_test(test_idle_time_is_not_saved_up),
        cmocka_unit_test(test_no_rate_is_no_limit),
        cmocka_unit_test(test_backoff_doubles_up_to_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
