/* What is forgotten, and what must not be. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static store_id finished_event(struct ledger *ledger, enum store_result result, const char *key)
{
    struct store_delivery delivery = {.sink = "mail", .rule = "r", .due_ms = NOW, .claim = true};
    struct accepted accepted = accept_event(ledger, &(struct store_accept){.hook = "soc",
                                                        .thread = "t",
                                                        .dedupe = key,
                                                        .dedupe_ms = HOUR,
                                                        .at_ms = NOW,
                                                        .body = "{}",
                                                        .body_len = 2,
                                                        .claim = true});
    struct routed routed = route_event(ledger, &(struct store_route){.event = accepted.event,
                                                   .at_ms = NOW,
                                                   .thread = "t",
                                                   .deliveries = &delivery,
                                                   .delivery_count = 1});

    assert_string_equal(
        settle_as(ledger, routed.rows[0].delivery, routed.rows[0].claim, result).error, "");
    return accepted.event;
}

static void test_finished_ones_are_kept_so_long_and_dead_letters_longer(void **state)
{
    struct ledger *ledger = *state;

    finished_event(ledger, STORE_DELIVERED, NULL);
    finished_event(ledger, STORE_DEAD, NULL);
    finished_event(ledger, STORE_SKIPPED, NULL);
    prune_all(ledger, NOW + 20 + DAY, DAY, 3 * DAY);
    assert_int_equal(events_kept(ledger), 3);
    prune_all(ledger, NOW + 21 + DAY, DAY, 3 * DAY);
    assert_int_equal(events_kept(ledger), 1);
    assert_int_equal(ledger_health(ledger).dead, 1);
    prune_all(ledger, NOW + 21 + 3 * DAY, DAY, 3 * DAY);
    assert_int_equal(events_kept(ledger), 0);
    assert_int_equal(ledger_health(ledger).dead, 0);
    assert_int_equal(ledger_health(ledger).delivered, 1);
    assert_int_equal(ledger_health(ledger).events, 3);
}

static void test_unfinished_ones_stay_whatever_their_age(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "t", "teams", 1, NOW);
    new_event(ledger, "t");
    finished_event(ledger, STORE_DELIVERED, NULL);
    prune_all(ledger, NOW + 300 * DAY, DAY, DAY);
    assert_int_equal(events_kept(ledger), 2);
    assert_int_equal(ledger_health(ledger).waiting, 1);
    assert_int_equal(ledger_health(ledger).unrouted, 1);
}

static void test_nothing_is_forgotten_inside_its_dedupe_window(void **state)
{
    struct ledger *ledger = *state;

    finished_event(ledger, STORE_DELIVERED, "key");
    prune_all(ledger, NOW + HOUR - 1, 1, 1);
    assert_int_equal(events_kept(ledger), 1);
    prune_all(ledger, NOW + HOUR, 1, 1);
    assert_int_equal(events_kept(ledger), 0);
    assert_int_not_equal(finished_event(ledger, STORE_DELIVERED, "key"), 1);
}

/* A retry that waits holds the whole event, and the dead letters of retries count as such. */
static void test_what_came_later_is_waited_for(void **state)
{
    struct ledger *ledger = *state;
    struct store_retry retry = {.at_ms = NOW, .now_ms = NOW};
    struct changed changed;

    finished_event(ledger, STORE_DEAD, NULL);
    retry_deliveries(ledger, &retry, &changed);
    assert_int_equal(changed.count, 1);
    prune_all(ledger, NOW + 9 * DAY, DAY, DAY);
    assert_int_equal(events_kept(ledger), 1);
    struct claimed_row head = claim_head(ledger, "mail", NOW);
    settle_as(ledger, head.delivery, head.claim, STORE_DEAD);
    prune_all(ledger, NOW + 9 * DAY, DAY, 10 * DAY);
    assert_int_equal(events_kept(ledger), 1);
    prune_all(ledger, NOW + 11 * DAY, DAY, 10 * DAY);
    assert_int_equal(events_kept(ledger), 0);
    assert_int_equal(ledger_health(ledger).dead, 0);
}

static void test_a_receipt_goes_with_its_event(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "t", "chat", 1, NOW);
    settle_delivery(ledger, &(struct store_settle){.delivery = 1,
                                .claim = claim_head(ledger, "chat", NOW).claim,
                                .result = STORE_DELIVERED,
                                .at_ms = NOW,
                                .receipt = "m-1"});
    new_delivery(ledger, "t", "chat", 1, NOW);
    struct claimed_row head = claim_head(ledger, "chat", NOW);
    assert_string_equal(head.first_receipt, "m-1");
    prune_all(ledger, NOW + 2 * DAY, DAY, DAY);
    release_holds(ledger, &(struct store_hold){head.delivery, head.claim}, 1);
    assert_string_equal(claim_head(ledger, "chat", NOW).first_receipt, "");
}

const struct stories prune_stories =
    STORIES(STORY(test_finished_ones_are_kept_so_long_and_dead_letters_longer),
        STORY(test_unfinished_ones_stay_whatever_their_age),
        STORY(test_nothing_is_forgotten_inside_its_dedupe_window),
        STORY(test_what_came_later_is_waited_for), STORY(test_a_receipt_goes_with_its_event));
