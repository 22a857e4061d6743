/* Claims: held, settled, given back, stale. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static void test_a_claim_settles_once(void **state)
{
    struct ledger *ledger = *state;
    store_id delivery = new_delivery(ledger, "t", "teams", 1, NOW);
    struct claimed_row head = claim_head(ledger, "teams", NOW);

    assert_non_null(
        strstr(settle_as(ledger, delivery, head.claim + 1, STORE_DELIVERED).error, "is stale"));
    assert_non_null(strstr(settle_as(ledger, delivery, 0, STORE_DELIVERED).error, "is stale"));
    assert_string_equal(settle_as(ledger, delivery, head.claim, STORE_RETRY).error, "");
    assert_non_null(strstr(settle_as(ledger, delivery, head.claim, STORE_DEAD).error, "is stale"));
    assert_non_null(strstr(settle_as(ledger, delivery, 0, STORE_DEAD).error, "is stale"));

    struct claimed_row again = claim_head(ledger, "teams", NOW);
    assert_true(again.claim > head.claim);
    assert_string_equal(settle_as(ledger, delivery, again.claim, STORE_DELIVERED).error, "");
    assert_non_null(
        strstr(settle_as(ledger, delivery, again.claim, STORE_DEAD).error, "is finished"));
    assert_int_equal(ledger_health(ledger).delivered, 1);
    assert_int_equal(ledger_health(ledger).dead, 0);
    assert_int_equal(ledger_health(ledger).waiting, 0);
}

static void test_a_refusal_fails_nobody_else_of_its_group(void **state)
{
    struct ledger *ledger = *state;
    struct settled settled[3];
    struct store_settle settle = {.result = STORE_DELIVERED, .at_ms = NOW};
    struct claimed_row heads[2];

    for (size_t i = 0; i < 2; i++) {
        new_delivery(ledger, "", "teams", 1, NOW);
        heads[i] = claim_head(ledger, "teams", NOW);
    }
    settle.delivery = heads[0].delivery;
    settle.claim = heads[0].claim;
    ask_settle(ledger, &settle, &settled[0]);
    ask_settle(ledger, &settle, &settled[1]); /* stale by now */
    settle.delivery = heads[1].delivery;
    settle.claim = heads[1].claim;
    ask_settle(ledger, &settle, &settled[2]);
    ledger_run(ledger);

    assert_string_equal(settled[0].error, "");
    assert_non_null(strstr(settled[1].error, "is finished"));
    assert_string_equal(settled[2].error, "");
}

/* Of an event's one delivery. */
static void expect_failed_attempts(struct ledger *ledger, store_id event, size_t count)
{
    json_t *story = story_of(ledger, event);
    const json_t *delivery = json_array_get(json_object_get(story, "deliveries"), 0);

    assert_int_equal(json_array_size(json_object_get(delivery, "failed_attempts")), count);
    json_decref(story);
}

static void test_a_retry_keeps_what_the_attempt_left(void **state)
{
    struct ledger *ledger = *state;
    store_id delivery = new_delivery(ledger, "t", "mail", 1, NOW);
    struct store_settle settle = {.delivery = delivery,
        .result = STORE_RETRY,
        .due_ms = NOW + 10,
        .at_ms = NOW,
        .took_ms = 7,
        .status = 451,
        .maybe_sent = true,
        .reason = "try later",
        .reply = "451 greylisted",
        .resume = "bob@example.org"};

    settle.claim = claim_head(ledger, "mail", NOW).claim;
    assert_string_equal(settle_delivery(ledger, &settle).error, "");
    struct claimed_row second = claim_head(ledger, "mail", NOW + 10);
    assert_int_equal(second.attempt, 2);
    assert_true(second.in_doubt);
    assert_string_equal(second.resume, "bob@example.org");

    /* A later attempt that failed for sure, and had nothing to leave, takes neither back. */
    settle.claim = second.claim;
    settle.maybe_sent = false;
    settle.resume = NULL;
    settle_delivery(ledger, &settle);
    struct claimed_row third = claim_head(ledger, "mail", NOW + 10);
    assert_int_equal(third.attempt, 3);
    assert_true(third.in_doubt);
    assert_string_equal(third.resume, "bob@example.org");
    assert_int_equal(third.losses, 0);
    expect_failed_attempts(ledger, third.event, 2);
}

static void test_what_is_given_back_counts_no_attempt(void **state)
{
    struct ledger *ledger = *state;
    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "", "teams", 1, NOW);
    struct claimed claimed = claim_heads(ledger, "teams", 2, NOW);
    struct store_hold holds[2] = {{claimed.rows[0].delivery, claimed.rows[0].claim},
        {claimed.rows[1].delivery, claimed.rows[0].claim}};

    assert_non_null(strstr(release_holds(ledger, holds, 2), "is stale"));
    assert_int_equal(claim_heads(ledger, "teams", 2, NOW).count, 0);

    holds[1].claim = claimed.rows[1].claim;
    assert_string_equal(release_holds(ledger, holds, 2), "");
    struct claimed again = claim_heads(ledger, "teams", 2, NOW);
    assert_int_equal(again.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(again.rows[i].attempt, 1);
        assert_int_equal(again.rows[i].losses, 0);
        assert_false(again.rows[i].in_doubt);
        assert_true(again.rows[i].claim > claimed.rows[1].claim);
    }
}

static void test_only_attempts_that_failed_are_kept(void **state)
{
    struct ledger *ledger = *state;
    const enum store_result results[] = {STORE_DELIVERED, STORE_SKIPPED, STORE_DEAD};

    for (size_t i = 0; i < 3; i++) {
        new_delivery(ledger, "", "teams", 1, NOW);
        struct claimed_row head = claim_head(ledger, "teams", NOW);
        settle_as(ledger, head.delivery, head.claim, results[i]);
    }

    expect_failed_attempts(ledger, 1, 0);
    expect_failed_attempts(ledger, 2, 0);
    expect_failed_attempts(ledger, 3, 1);
}

const struct stories claim_stories =
    STORIES(STORY(test_a_claim_settles_once), STORY(test_a_refusal_fails_nobody_else_of_its_group),
        STORY(test_a_retry_keeps_what_the_attempt_left),
        STORY(test_what_is_given_back_counts_no_attempt),
        STORY(test_only_attempts_that_failed_are_kept));
