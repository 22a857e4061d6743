/* Who goes first: threads, levels, times. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static void test_an_update_never_overtakes_its_creation(void **state)
{
    struct ledger *ledger = *state;
    store_id created = new_delivery(ledger, "alert-1", "teams", 1, NOW);
    store_id updated = new_delivery(ledger, "alert-1", "teams", 4, NOW);
    struct claimed_row head = claim_head(ledger, "teams", NOW);

    /* While it is tried, and while it waits to be tried again, nothing of its thread may go. */
    assert_int_equal(head.delivery, created);
    assert_int_equal(claim_heads(ledger, "teams", 9, NOW).count, 0);
    settle_delivery(ledger, &(struct store_settle){.delivery = created,
                                .claim = head.claim,
                                .result = STORE_RETRY,
                                .at_ms = NOW,
                                .due_ms = NOW + 5000});
    struct claimed none = claim_heads(ledger, "teams", 9, NOW + 4999);
    assert_int_equal(none.count, 0);
    assert_int_equal(none.next_due_ms, NOW + 5000);

    head = claim_head(ledger, "teams", NOW + 5000);
    assert_int_equal(head.delivery, created);
    assert_int_equal(head.attempt, 2);
    assert_true(settle_as(ledger, created, head.claim, STORE_DELIVERED).promoted);
    assert_int_equal(claim_head(ledger, "teams", NOW).delivery, updated);
}

static void test_a_dead_letter_lets_the_next_one_pass(void **state)
{
    struct ledger *ledger = *state;
    store_id first = new_delivery(ledger, "alert-1", "teams", 1, NOW);
    store_id second = new_delivery(ledger, "alert-1", "teams", 1, NOW);
    store_id third = new_delivery(ledger, "alert-1", "teams", 1, NOW);

    struct claimed_row head = claim_head(ledger, "teams", NOW);
    assert_int_equal(head.delivery, first);
    assert_true(settle_as(ledger, first, head.claim, STORE_DEAD).promoted);
    head = claim_head(ledger, "teams", NOW);
    assert_int_equal(head.delivery, second);
    assert_true(settle_as(ledger, second, head.claim, STORE_SKIPPED).promoted);
    head = claim_head(ledger, "teams", NOW);
    assert_int_equal(head.delivery, third);
    assert_false(settle_as(ledger, third, head.claim, STORE_DELIVERED).promoted);
    assert_int_equal(ledger_health(ledger).dead, 1);
}

static void test_threads_sinks_and_messages_without_a_thread_do_not_wait_for_each_other(
    void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "alert-1", "teams", 1, NOW);
    new_delivery(ledger, "alert-2", "teams", 1, NOW);
    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "alert-1", "mail", 1, NOW);

    assert_int_equal(claim_heads(ledger, "teams", 9, NOW).count, 4);
    assert_int_equal(claim_heads(ledger, "mail", 9, NOW).count, 1);
}

static void test_heads_go_by_level_then_due_then_age(void **state)
{
    struct ledger *ledger = *state;
    store_id low = new_delivery(ledger, "a", "teams", 1, NOW - 9);
    store_id old = new_delivery(ledger, "b", "teams", 3, NOW - 5);
    store_id same = new_delivery(ledger, "c", "teams", 3, NOW - 5);
    store_id earlier = new_delivery(ledger, "d", "teams", 3, NOW - 6);
    store_id top = new_delivery(ledger, "e", "teams", 4, NOW);
    store_id future = new_delivery(ledger, "f", "teams", 4, NOW + 1);
    store_id expected[] = {top, earlier, old, same, low};

    struct claimed two = claim_heads(ledger, "teams", 2, NOW);
    assert_int_equal(two.count, 2);
    assert_true(two.more);
    assert_int_equal(two.next_due_ms, NOW + 1);
    struct claimed rest = claim_heads(ledger, "teams", 3, NOW);
    assert_int_equal(rest.count, 3);
    assert_false(rest.more);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal((i < 2 ? two.rows[i] : rest.rows[i - 2]).delivery, expected[i]);
    assert_int_equal(claim_head(ledger, "teams", NOW + 1).delivery, future);
    assert_int_equal(claim_heads(ledger, "teams", 9, NOW + 1).next_due_ms, 0);
}

static void test_only_a_head_that_is_due_is_claimed_with_its_route(void **state)
{
    struct ledger *ledger = *state;
    struct store_delivery deliveries[] = {
        {.sink = "teams", .rule = "r", .due_ms = NOW, .claim = true},
        {.sink = "teams", .rule = "r", .due_ms = NOW, .claim = true},
        {.sink = "mail", .rule = "r", .due_ms = NOW + 1, .claim = true},
        {.sink = "chat", .rule = "r", .due_ms = NOW, .claim = false},
    };
    struct routed routed =
        route_event(ledger, &(struct store_route){.event = new_event(ledger, "t"),
                                .at_ms = NOW,
                                .thread = "t",
                                .deliveries = deliveries,
                                .delivery_count = 4});

    assert_int_equal(routed.rows[0].state, STORE_CLAIMED);
    assert_int_equal(routed.rows[1].state, STORE_BEHIND);
    assert_int_equal(routed.rows[2].state, STORE_READY);
    assert_int_equal(routed.rows[3].state, STORE_READY);
}

static void test_later_messages_of_a_thread_know_its_first_receipt(void **state)
{
    struct ledger *ledger = *state;
    struct store_settle settle = {.result = STORE_DELIVERED, .at_ms = NOW, .receipt = "msg-1"};
    struct store_delivery delivery = {.sink = "chat", .rule = "r", .due_ms = NOW, .claim = true};

    new_delivery(ledger, "t", "chat", 1, NOW);
    new_delivery(ledger, "t", "chat", 1, NOW);
    struct claimed_row head = claim_head(ledger, "chat", NOW);
    assert_string_equal(head.first_receipt, "");
    settle.delivery = head.delivery;
    settle.claim = head.claim;
    settle_delivery(ledger, &settle);

    head = claim_head(ledger, "chat", NOW);
    assert_string_equal(head.first_receipt, "msg-1");
    settle.delivery = head.delivery;
    settle.claim = head.claim;
    settle.receipt = "msg-2";
    settle_delivery(ledger, &settle);

    struct routed routed =
        route_event(ledger, &(struct store_route){.event = new_event(ledger, "t"),
                                .at_ms = NOW,
                                .thread = "t",
                                .deliveries = &delivery,
                                .delivery_count = 1});
    assert_int_equal(routed.rows[0].state, STORE_CLAIMED);
    assert_string_equal(routed.rows[0].first_receipt, "msg-1");
}

const struct stories order_stories = STORIES(STORY(test_an_update_never_overtakes_its_creation),
    STORY(test_a_dead_letter_lets_the_next_one_pass),
    STORY(test_threads_sinks_and_messages_without_a_thread_do_not_wait_for_each_other),
    STORY(test_heads_go_by_level_then_due_then_age),
    STORY(test_only_a_head_that_is_due_is_claimed_with_its_route),
    STORY(test_later_messages_of_a_thread_know_its_first_receipt));
