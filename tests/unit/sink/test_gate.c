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
    gate_shut(&gate, GATE_UNUSABLE, probe_ms, most_ms, "404", 1000);
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
    gate_shut(&gate, GATE_UNUSABLE, probe_ms, most_ms, "404", 1000);
    gate_attempt_begins(&gate);
    gate_shut(&gate, GATE_UNUSABLE, probe_ms, most_ms, "404", 1100);
    assert_int_equal(gate_next_ms(&gate), 1300);
    gate_attempt_begins(&gate);
    gate_shut(&gate, GATE_UNUSABLE, probe_ms, most_ms, "404", 1300);
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
    assert_true(gate_shut(&gate, GATE_ASKED, 86400000, most_ms, "429", 1000));
    assert_int_equal(gate_next_ms(&gate), 1300);
    assert_string_equal(gate.why, "429");
    gate_finish(&gate);
}

static void test_a_pause_is_ended_by_its_time_or_an_operator_and_by_nothing_else(void **state)
{
    struct gate gate = {0};

    (void)state;
    gate_attempt_begins(&gate);
    gate_pause(&gate, 0, "maintenance", 1000);
    assert_int_equal(gate_admits(&gate, 7, 1000000000), 0);
    assert_false(gate_attempt_worked(&gate)); /* the one that was under way */
    assert_true(gate_is_paused(&gate));
    assert_false(gate_shut(&gate, GATE_ASKED, 100, most_ms, "429", 1010));
    assert_string_equal(gate.why, "maintenance");
    gate_resume(&gate, 2000);
    assert_int_equal(gate_admits(&gate, 7, 2000), 1);
    gate_attempt_begins(&gate);
    assert_true(gate_attempt_worked(&gate));
    assert_int_equal(gate_admits(&gate, 7, 2000), 7);
    gate_finish(&gate);
}

static void test_a_pause_with_an_end_probes_then(void **state)
{
    struct gate gate = {0};

    (void)state;
    gate_pause(&gate, 500, "maintenance", 1000);
    assert_int_equal(gate_admits(&gate, 7, 1499), 0);
    assert_int_equal(gate_next_ms(&gate), 1500);
    assert_int_equal(gate_admits(&gate, 7, 1500), 1);
    gate_attempt_begins(&gate);
    assert_true(gate_attempt_failed(&gate, limit, probe_ms, most_ms, "refused", 1500));
    assert_false(gate_is_paused(&gate));
    assert_int_equal(gate.cause, GATE_FAILURES);
    assert_int_equal(gate_next_ms(&gate), 1600);
    gate_finish(&gate);
}

static void test_it_counts_the_probes_that_failed(void **state)
{
    struct gate gate = {0};

    (void)state;
    for (int i = 0; i < limit; i++)
        fail_at(&gate, 1000);
    assert_int_equal(gate.failed_probes, 0);
    fail_at(&gate, 1100);
    assert_int_equal(gate.failed_probes, 1);
    gate_attempt_begins(&gate);
    gate_attempt_worked(&gate);
    assert_int_equal(gate.failed_probes, 0);
    gate_finish(&gate);
}

/* A breaker shut it first; that its destination is gone is another matter, and must be told. */
static void test_another_cause_is_news_though_it_is_shut(void **state)
{
    struct gate gate = {0};

    (void)state;
    for (int i = 0; i < limit; i++)
        fail_at(&gate, 1000);
    gate_attempt_begins(&gate);
    assert_true(gate_shut(&gate, GATE_UNUSABLE, probe_ms, most_ms, "404", 1100));
    gate_attempt_begins(&gate);
    assert_false(gate_shut(&gate, GATE_UNUSABLE, probe_ms, most_ms, "404", 1300));
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
        cmocka_unit_test(test_a_pause_is_ended_by_its_time_or_an_operator_and_by_nothing_else),
        cmocka_unit_test(test_a_pause_with_an_end_probes_then),
        cmocka_unit_test(test_it_counts_the_probes_that_failed),
        cmocka_unit_test(test_another_cause_is_news_though_it_is_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
