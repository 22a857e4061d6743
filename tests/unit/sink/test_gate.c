#include "../cmocka_setup.h"

#include "sink/gate.h"

enum {
    limit = 3,
    probe_ms = 100,
    most_ms = 300,
};

static void fail_at(struct gate *gate, int64_t now_ms)
{
    gate_attempt_begins(gate);
    gate_attempt_failed(gate, limit, probe_ms, most_ms, "refused", now_ms);
}

static void test_an_open_gate_admits_all(void **state)
{
    struct gate gate = {0};

    (void)state;
    assert_int_equal(gate_admits(&gate, 7, 0), 7);
    assert_int_equal(gate_next_ms(&gate), 0);
}

static void test_failures_in_a_row_shut_it_and_a_success_between_does_not(void **state)
{
    struct gate gate = {0};

    (void)state;
    fail_at(&gate, 1000);
    fail_at(&gate, 1000);
    gate_attempt_worked(&gate);
    fail_at(&gate, 1000);
    fail_at(&gate, 1000);
    assert_false(gate.is_shut);
    fail_at(&gate, 1000);
    assert_true(gate.is_shut);
    assert_int_equal(gate_admits(&gate, 7, 1099), 0);
    assert_int_equal(gate_next_ms(&gate), 1100);
    gate_finish(&gate);
}

static void test_at_its_time_one_delivery_probes(void **state)
{
    struct gate gate = {0};

    (void)state;
    gate_shut(&gate, probe_ms, most_ms, "404", 1000);
    assert_int_equal(gate_admits(&gate, 7, 1100), 1);
    gate_attempt_begins(&gate);
    assert_int_equal(gate_admits(&gate, 7, 1100), 0);
    assert_int_equal(gate_next_ms(&gate), 0);
    assert_true(gate_attempt_worked(&gate));
    assert_int_equal(gate_admits(&gate, 7, 1100), 7);
    gate_finish(&gate);
}

static void test_a_failed_probe_shuts_it_for_twice_as_long_within_bounds(void **state)
{
    struct gate gate = {0};

    (void)state;
    gate_shut(&gate, probe_ms, most_ms, "404", 1000);
    gate_attempt_begins(&gate);
    gate_shut(&gate, probe_ms, most_ms, "404", 1100);
    assert_int_equal(gate_next_ms(&gate), 1300);
    gate_attempt_begins(&gate);
    gate_shut(&gate, probe_ms, most_ms, "404", 1300);
    assert_int_equal(gate_next_ms(&gate), 1600); /* not 1700: 300 ms is the most */
    gate_finish(&gate);
}

/* Four attempts were under way when the sink broke: the last three tell nothing new. */
static void test_late_failures_do_not_lengthen_the_wait(void **state)
{
    struct gate gate = {0};

    (void)state;
    for (int i = 0; i < limit; i++)
        fail_at(&gate, 1000);
    assert_int_equal(gate_next_ms(&gate), 1100);
    assert_false(gate_attempt_failed(&gate, limit, probe_ms, most_ms, "refused", 1050));
    assert_int_equal(gate_next_ms(&gate), 1100);
    gate_finish(&gate);
}

static void test_a_retry_after_is_bounded(void **state)
{
    struct gate gate = {0};

    (void)state;
    assert_true(gate_shut(&gate, 86400000, most_ms, "429", 1000));
    assert_int_equal(gate_next_ms(&gate), 1300);
    assert_string_equal(gate.why, "429");
    gate_finish(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_open_gate_admits_all),
        cmocka_unit_test(test_failures_in_a_row_shut_it_and_a_success_between_does_not),
        cmocka_unit_test(test_at_its_time_one_delivery_probes),
        cmocka_unit_test(test_a_failed_probe_shuts_it_for_twice_as_long_within_bounds),
        cmocka_unit_test(test_late_failures_do_not_lengthen_the_wait),
        cmocka_unit_test(test_a_retry_after_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
