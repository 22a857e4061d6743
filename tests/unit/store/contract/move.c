/* A fallback takes over what has waited too long. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static struct store_move move_until(int64_t until_ms)
{
    return (struct store_move){.pick = {.sink = "teams", .until_ms = until_ms},
        .to = "mail",
        .at_ms = NOW + HOUR,
        .now_ms = NOW + HOUR};
}

static store_id made_at(struct ledger *ledger, const char *thread, const char *sink, int64_t at_ms)
{
    struct store_delivery delivery = {.sink = sink, .rule = "r", .due_ms = at_ms};
    struct routed routed =
        route_event(ledger, &(struct store_route){.event = new_event(ledger, thread),
                                .at_ms = at_ms,
                                .thread = thread,
                                .deliveries = &delivery,
                                .delivery_count = 1});

    assert_string_equal(routed.error, "");
    return routed.rows[0].delivery;
}

static void test_what_waited_too_long_is_moved_in_order_and_once(void **state)
{
    struct ledger *ledger = *state;
    store_id first = made_at(ledger, "t", "teams", NOW);
    store_id second = made_at(ledger, "t", "teams", NOW + 10);
    made_at(ledger, "t", "chat", NOW);
    made_at(ledger, "t", "teams", NOW + 11);
    made_at(ledger, "t", "teams", NOW + 12);
    struct store_move move = move_until(NOW + 10);
    struct changed changed;

    move_deliveries(ledger, &move, &changed);

    assert_int_equal(changed.count, 2);
    assert_int_equal(changed.rows[0].delivery, first);
    assert_int_equal(changed.rows[1].delivery, second);
    assert_string_equal(changed.rows[0].sink, "mail");
    assert_int_equal(changed.next_due_ms, NOW + 11);
    assert_false(changed.more);
    assert_false(changed.is_busy);
    struct claimed_row head = claim_head(ledger, "mail", NOW + HOUR);
    assert_int_equal(head.delivery, changed.rows[0].became);
    assert_true(head.moved);
    assert_int_equal(head.created_ms, NOW + HOUR);
    /* Back it does not go. */
    move = (struct store_move){.pick = {.sink = "mail", .until_ms = NOW + DAY},
        .to = "teams",
        .at_ms = NOW + DAY,
        .now_ms = NOW + DAY};
    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 0);
    assert_int_equal(changed.next_due_ms, 0);
    assert_false(changed.is_busy);
}

static void test_a_sink_that_has_the_event_gets_it_no_second_time(void **state)
{
    struct ledger *ledger = *state;
    const char *const both[] = {"teams", "mail", NULL};
    struct store_move move = move_until(NOW + HOUR);
    struct changed changed;

    route_to(ledger, new_event(ledger, "t"), "t", both);
    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 0);
    claim_heads(ledger, "teams", 1, NOW);
    move_deliveries(ledger, &move, &changed);
    assert_false(changed.is_busy); /* it will never be moved */
}

static void test_what_is_being_attempted_is_to_be_asked_for_again(void **state)
{
    struct ledger *ledger = *state;
    store_id old = made_at(ledger, "a", "teams", NOW);
    struct claimed_row head = claim_head(ledger, "teams", NOW);
    made_at(ledger, "b", "chat", NOW);
    struct store_move move = move_until(NOW + 5);
    struct changed changed;

    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 0);
    assert_true(changed.is_busy);
    assert_int_equal(changed.next_due_ms, 0);

    settle_as(ledger, old, head.claim, STORE_RETRY);
    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].delivery, old);
    assert_false(changed.is_busy);
}

static void test_what_stands_behind_one_that_is_attempted_waits_for_it(void **state)
{
    struct ledger *ledger = *state;
    store_id first = made_at(ledger, "a", "teams", NOW);
    struct claimed_row head = claim_head(ledger, "teams", NOW);
    store_id second = made_at(ledger, "a", "teams", NOW + 1);
    store_id other = made_at(ledger, "b", "teams", NOW + 2);
    store_id alone = made_at(ledger, "", "teams", NOW + 3);
    struct store_move move = move_until(NOW + 5);
    struct changed changed;

    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 2);
    assert_int_equal(changed.rows[0].delivery, other);
    assert_int_equal(changed.rows[1].delivery, alone);
    assert_true(changed.is_busy);

    settle_as(ledger, first, head.claim, STORE_RETRY);
    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 2);
    assert_int_equal(changed.rows[0].delivery, first);
    assert_int_equal(changed.rows[1].delivery, second);
    assert_false(changed.is_busy);
}

static void test_one_that_is_attempted_and_too_young_says_when_to_ask(void **state)
{
    struct ledger *ledger = *state;
    struct store_move move = move_until(NOW);
    struct changed changed;

    made_at(ledger, "a", "teams", NOW + 7);
    claim_head(ledger, "teams", NOW + 7);
    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.next_due_ms, NOW + 7);
    assert_false(changed.is_busy);
}

static void test_doubt_goes_with_it(void **state)
{
    struct ledger *ledger = *state;
    store_id delivery = made_at(ledger, "a", "teams", NOW);
    struct store_move move = move_until(NOW);
    struct changed changed;

    settle_delivery(ledger, &(struct store_settle){.delivery = delivery,
                                .claim = claim_head(ledger, "teams", NOW).claim,
                                .result = STORE_RETRY,
                                .at_ms = NOW,
                                .due_ms = NOW + HOUR,
                                .maybe_sent = true});
    move_deliveries(ledger, &move, &changed);
    assert_int_equal(changed.count, 1);
    assert_true(claim_head(ledger, "mail", NOW + HOUR).in_doubt);
}

const struct stories move_stories =
    STORIES(STORY(test_what_waited_too_long_is_moved_in_order_and_once),
        STORY(test_a_sink_that_has_the_event_gets_it_no_second_time),
        STORY(test_what_is_being_attempted_is_to_be_asked_for_again),
        STORY(test_what_stands_behind_one_that_is_attempted_waits_for_it),
        STORY(test_one_that_is_attempted_and_too_young_says_when_to_ask),
        STORY(test_doubt_goes_with_it));
