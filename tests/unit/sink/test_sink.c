#include "../cmocka_setup.h"

#include <stdint.h>
#include <tocsin/sink.h>

#include "sink/attempt.h"
#include "sink/sink.h"

enum {
    now_ms = 100000,
};

/* Open, without a rate, with both of its places taken; its last attempt took 5 ms and ended now. */
static struct sink busy_sink(void)
{
    return (struct sink){
        .policy = {.concurrency = 2, .resend_in_doubt = true},
        .in_flight = 2,
        .last_took_ms = 5,
        .last_ended_ms = now_ms,
    };
}

static void test_a_sink_that_answers_at_once_is_claimed_for_ahead(void **state)
{
    struct sink sink = busy_sink();
    int64_t next_ms;

    (void)state;
    assert_true(sink_room(&sink, true, now_ms, &next_ms) > 2);
    assert_int_equal(sink_room(&sink, false, now_ms, &next_ms), 0);
    assert_true(sink_room_to_pass(&sink) > 0);
}

static void test_none_is_claimed_ahead_for_a_slow_sink_or_where_doubt_means_death(void **state)
{
    struct sink slow = busy_sink(), strict = busy_sink();
    int64_t next_ms;

    (void)state;
    slow.last_took_ms = 1000;
    strict.policy.resend_in_doubt = false;
    assert_int_equal(sink_room(&slow, true, now_ms, &next_ms), 0);
    assert_int_equal(sink_room(&strict, true, now_ms, &next_ms), 0);
    assert_int_equal(sink_room_to_pass(&slow), 0);
}

static void test_nothing_passes_within_a_rate(void **state)
{
    struct sink sink = busy_sink();

    (void)state;
    budget_init(&sink.budget, 10, now_ms);
    assert_int_equal(sink_room_to_pass(&sink), 0);
}

static void test_what_waits_for_a_sink_that_has_hung_since_waits_for_the_sink(void **state)
{
    struct sink sink = busy_sink();

    (void)state;
    assert_true(sink_could_take_more(&sink, now_ms + 10));
    assert_false(sink_could_take_more(&sink, now_ms + 100));
    sink.in_flight = 1;
    assert_true(sink_could_take_more(&sink, now_ms + 100));
}

static void test_a_sink_that_is_slow_shut_or_at_its_rate_could_not_take_more(void **state)
{
    struct sink slow = busy_sink(), shut = busy_sink(), limited = busy_sink();

    (void)state;
    slow.last_took_ms = 1000;
    assert_false(sink_could_take_more(&slow, now_ms));
    gate_pause(&shut.gate, 0, "paused: by hand", now_ms);
    assert_false(sink_could_take_more(&shut, now_ms));
    gate_finish(&shut.gate);
    budget_init(&limited.budget, 10, now_ms);
    budget_spend(&limited.budget, 10);
    assert_false(sink_could_take_more(&limited, now_ms));
}

static struct attempt_result result_of(uint32_t result)
{
    return (struct attempt_result){.result = result, .reason = "as told"};
}

static void shut(struct sink *sink)
{
    gate_shut(&sink->gate, GATE_UNUSABLE, 30000, 60000, "nobody is there", now_ms);
}

static void test_a_drill_that_was_delivered_opens_what_trouble_shut(void **state)
{
    struct sink sink = busy_sink();
    const struct attempt_result delivered = result_of(TOCSIN_DELIVERED);

    (void)state;
    sink.logger.threshold = LOG_LEVEL_ERROR;
    shut(&sink);
    sink_learn_of_drill(&sink, &delivered);
    assert_int_equal(gate_admits(&sink.gate, 3, now_ms), 3);
}

static void test_a_drill_ends_no_pause(void **state)
{
    struct sink sink = busy_sink();
    const struct attempt_result delivered = result_of(TOCSIN_DELIVERED);

    (void)state;
    gate_pause(&sink.gate, 0, "paused: by hand", now_ms);
    sink_learn_of_drill(&sink, &delivered);
    assert_true(gate_is_paused(&sink.gate));
    gate_finish(&sink.gate);
}

/* Whoever tries out a sink that does not work must not keep messages from it. */
static void test_a_drill_that_failed_shuts_nothing_and_lengthens_nothing(void **state)
{
    static const uint32_t failures[] = {TOCSIN_RETRY, TOCSIN_REJECTED, TOCSIN_UNUSABLE};
    struct sink open = busy_sink(), shut_already = busy_sink();

    (void)state;
    shut(&shut_already);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        const struct attempt_result failed = result_of(failures[i]);
        sink_learn_of_drill(&open, &failed);
        sink_learn_of_drill(&shut_already, &failed);
    }
    assert_int_equal(gate_admits(&open.gate, 3, now_ms), 3);
    assert_int_equal(open.gate.failures, 0);
    assert_int_equal(gate_next_ms(&shut_already.gate), now_ms + 30000);
    gate_finish(&shut_already.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sink_that_answers_at_once_is_claimed_for_ahead),
        cmocka_unit_test(test_none_is_claimed_ahead_for_a_slow_sink_or_where_doubt_means_death),
        cmocka_unit_test(test_nothing_passes_within_a_rate),
        cmocka_unit_test(test_what_waits_for_a_sink_that_has_hung_since_waits_for_the_sink),
        cmocka_unit_test(test_a_sink_that_is_slow_shut_or_at_its_rate_could_not_take_more),
        cmocka_unit_test(test_a_drill_that_was_delivered_opens_what_trouble_shut),
        cmocka_unit_test(test_a_drill_ends_no_pause),
        cmocka_unit_test(test_a_drill_that_failed_shuts_nothing_and_lengthens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
