/* What an unclean end leaves, and how no message becomes a restart loop. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static void test_a_claim_without_an_outcome_is_in_doubt_and_due_again(void **state)
{
    struct ledger *ledger = *state;
    store_id claimed = new_delivery(ledger, "a", "teams", 1, NOW);

    new_delivery(ledger, "a", "teams", 1, NOW);
    store_id waiting = new_delivery(ledger, "b", "teams", 1, NOW);
    struct claimed_row before = claim_head(ledger, "teams", NOW);
    test_clock_set(NOW + 100);
    ledger_crash(ledger);

    assert_int_equal(claim_heads(ledger, "teams", 9, NOW).rows[0].delivery, waiting);
    struct claimed_row head = claim_head(ledger, "teams", NOW + 100);
    assert_int_equal(head.delivery, claimed);
    assert_true(head.in_doubt);
    assert_int_equal(head.losses, 1);
    assert_int_equal(head.attempt, 2);
    assert_non_null(
        strstr(settle_as(ledger, claimed, before.claim, STORE_DELIVERED).error, "stale"));
    assert_int_equal(ledger_health(ledger).buried, 0);
}

static void test_a_clean_end_loses_nothing(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "a", "teams", 1, NOW);
    claim_head(ledger, "teams", NOW);
    ledger_close(ledger);
    ledger_open(ledger);
    struct claimed_row head = claim_head(ledger, "teams", NOW);
    assert_int_equal(head.losses, 0);
    assert_true(head.in_doubt);
}

/* What is due in an hour stays so, whatever somebody does to the clock meanwhile. */
static void test_due_times_follow_a_clock_that_was_set_back(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "", "teams", 1, NOW + HOUR);
    ledger_close(ledger);
    test_clock_set(NOW - DAY);
    ledger_open(ledger);
    assert_int_equal(claim_heads(ledger, "teams", 9, NOW - DAY).next_due_ms, NOW - DAY + HOUR);
    /* A little, and forward: due a little late, or at once. */
    ledger_close(ledger);
    test_clock_set(NOW - DAY - 999);
    ledger_open(ledger);
    assert_int_equal(claim_heads(ledger, "teams", 9, NOW - DAY).next_due_ms, NOW - DAY + HOUR);
    ledger_close(ledger);
    test_clock_set(NOW + DAY);
    ledger_open(ledger);
    struct claimed_row head = claim_head(ledger, "teams", NOW + DAY);
    assert_int_equal(head.created_ms, NOW - DAY);
}

static void lose(struct ledger *ledger, const char *sink, size_t count)
{
    assert_int_equal(claim_heads(ledger, sink, count, NOW).count, count);
    ledger_crash(ledger);
}

/* Two at teams and one at mail that were lost twice. */
static void make_suspects(struct ledger *ledger)
{
    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "", "mail", 1, NOW);
    for (int i = 0; i < 2; i++) {
        claim_heads(ledger, "mail", 9, NOW);
        lose(ledger, "teams", 2);
    }
}

static void test_suspects_go_one_at_a_time_in_all_of_the_ledger(void **state)
{
    struct ledger *ledger = *state;

    make_suspects(ledger);
    store_id fresh = new_delivery(ledger, "", "teams", 0, NOW);
    struct claimed claimed = claim_heads(ledger, "teams", 9, NOW);
    assert_int_equal(claimed.count, 2);
    assert_int_equal(claimed.rows[0].losses, 2);
    assert_int_equal(claimed.rows[1].delivery, fresh);
    assert_true(claimed.is_held_back);
    struct claimed other = claim_heads(ledger, "mail", 9, NOW);
    assert_int_equal(other.count, 0);
    assert_true(other.is_held_back);

    /* Any end of it lets the next one go: given back, put off, finished. */
    release_holds(ledger, &(struct store_hold){claimed.rows[0].delivery, claimed.rows[0].claim}, 1);
    struct claimed_row head = claim_head(ledger, "mail", NOW);
    settle_as(ledger, head.delivery, head.claim, STORE_RETRY);
    head = claim_head(ledger, "teams", NOW);
    assert_int_equal(head.losses, 2);
    settle_as(ledger, head.delivery, head.claim, STORE_DELIVERED);
    assert_int_equal(claim_head(ledger, "teams", NOW).losses, 2);
    /* What has an outcome is no suspect any more. */
    assert_int_equal(claim_head(ledger, "mail", NOW).losses, 0);
}

static void test_a_suspect_whose_sink_has_left_holds_up_nobody(void **state)
{
    struct ledger *ledger = *state;

    make_suspects(ledger); /* nobody asks for teams any more */
    assert_int_equal(claim_heads(ledger, "mail", 9, NOW).count, 1);
    ledger_close(ledger);
    ledger_open(ledger);
    assert_int_equal(claim_heads(ledger, "mail", 9, NOW).count, 1);
}

static void test_a_third_loss_makes_a_dead_letter_of_the_guilty_one_alone(void **state)
{
    struct ledger *ledger = *state;

    make_suspects(ledger);
    store_id behind = new_delivery(ledger, "t", "teams", 1, NOW);
    struct claimed claimed = claim_heads(ledger, "teams", 1, NOW);
    ledger_crash(ledger);

    assert_int_equal(ledger_health(ledger).dead, 1);
    assert_int_equal(ledger_health(ledger).buried, 1);
    assert_int_equal(ledger_health(ledger).waiting, 3);
    assert_int_equal(queue_length(ledger, "teams"), 2);
    struct changed changed;
    struct store_retry retry = {
        .pick = {.ids = &claimed.rows[0].delivery, .id_count = 1}, .at_ms = NOW, .now_ms = NOW};
    retry_deliveries(ledger, &retry, &changed);
    assert_string_equal(changed.rows[0].refused, "");
    claimed = claim_heads(ledger, "teams", 9, NOW);
    assert_int_equal(claimed.count, 3);
    assert_int_equal(claimed.rows[0].losses, 2);
    assert_int_equal(claimed.rows[1].delivery, behind);
    assert_int_equal(claimed.rows[2].losses, 0); /* the retry begins anew, in doubt */
    assert_true(claimed.rows[2].in_doubt);
    ledger_close(ledger);
    ledger_open(ledger);
    assert_int_equal(ledger_health(ledger).buried, 0);
}

static void test_events_lost_before_they_were_routed_come_in_smaller_company(void **state)
{
    struct ledger *ledger = *state;

    for (int i = 0; i < 40; i++)
        new_event(ledger, "t");
    ledger_crash(ledger);
    assert_int_equal(next_events(ledger, 60, 100000).count, STORE_CAREFUL_EVENTS);
    ledger_crash(ledger); /* those are suspects now */
    for (store_id event = 1; event <= 2; event++) {
        struct handed_out events = next_events(ledger, 60, 100000);
        assert_int_equal(events.count, 1);
        assert_int_equal(events.rows[0].event, event);
        assert_int_equal(events.rows[0].losses, 2);
    }
}

static void lose_event_three_times(struct ledger *ledger)
{
    for (int i = 0; i < 3; i++) {
        if (i)
            assert_int_equal(next_events(ledger, 9, 1000).count, 1);
        ledger_crash(ledger);
    }
}

static void test_an_event_that_is_lost_three_times_is_a_dead_letter_to_no_sink(void **state)
{
    struct ledger *ledger = *state;
    const char *const sinks[] = {"mail", NULL};
    struct changed changed;

    store_id event = new_event(ledger, "t");
    lose_event_three_times(ledger);
    assert_int_equal(next_events(ledger, 9, 1000).count, 0);
    assert_int_equal(ledger_health(ledger).buried, 1);
    assert_int_equal(ledger_health(ledger).dead, 1);
    assert_int_equal(ledger_health(ledger).unrouted, 0);

    retry_deliveries(
        ledger, &(struct store_retry){.pick = {.sink = ""}, .at_ms = NOW, .now_ms = NOW}, &changed);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].event, event);
    assert_int_equal(ledger_health(ledger).dead, 0);
    struct handed_out events = next_events(ledger, 9, 1000);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.rows[0].losses, 0);
    assert_int_equal(events.rows[0].replay, STORE_FIRST_TIME);
    route_to(ledger, event, "t", sinks);

    /* Its decision is the one that came at last. */
    json_t *story = story_of(ledger, event);
    json_t *delivery = json_array_get(json_object_get(story, "deliveries"), 0);
    assert_string_equal(json_string_value(json_object_get(delivery, "sink")), "mail");
    json_t *later = json_array_get(json_object_get(story, "later"), 0);
    assert_string_equal(json_string_value(json_object_get(later, "kind")), "lost");
    json_decref(story);
}

static void test_an_event_lost_in_its_replay_keeps_its_decision(void **state)
{
    struct ledger *ledger = *state;
    const char *const sinks[] = {"mail", NULL};
    store_id event = new_event(ledger, "t");
    struct changed changed;

    route_to(ledger, event, "t", sinks);
    replay_events(ledger,
        &(struct store_replays){.events = &event, .count = 1, .how = STORE_REPLAY}, &changed);
    assert_int_equal(next_events(ledger, 9, 1000).count, 1);
    lose_event_three_times(ledger);
    assert_int_equal(ledger_health(ledger).dead, 1);
    retry_deliveries(
        ledger, &(struct store_retry){.pick = {.sink = ""}, .at_ms = NOW, .now_ms = NOW}, &changed);
    assert_int_equal(changed.count, 1);
    struct handed_out events = next_events(ledger, 9, 1000);
    assert_int_equal(events.rows[0].replay, STORE_REPLAY);
    route_to(ledger, event, "t", sinks);
    assert_int_equal(number_in_story(ledger, event, "deliveries"), 1);
    assert_int_equal(number_in_story(ledger, event, "later"), 2);
}

const struct stories recovery_stories = STORIES(
    STORY(test_a_claim_without_an_outcome_is_in_doubt_and_due_again),
    STORY(test_a_clean_end_loses_nothing), STORY(test_due_times_follow_a_clock_that_was_set_back),
    STORY(test_suspects_go_one_at_a_time_in_all_of_the_ledger),
    STORY(test_a_suspect_whose_sink_has_left_holds_up_nobody),
    STORY(test_a_third_loss_makes_a_dead_letter_of_the_guilty_one_alone),
    STORY(test_events_lost_before_they_were_routed_come_in_smaller_company),
    STORY(test_an_event_that_is_lost_three_times_is_a_dead_letter_to_no_sink),
    STORY(test_an_event_lost_in_its_replay_keeps_its_decision));
