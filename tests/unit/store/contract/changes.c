/* What an operator does to single deliveries: retry, and finish. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static struct store_retry retry_of(const store_id *id)
{
    return (struct store_retry){.pick = {.ids = id, .id_count = 1}, .at_ms = NOW, .now_ms = NOW};
}

static struct store_finish skip_of(const store_id *id)
{
    return (struct store_finish){.pick = {.ids = id, .id_count = 1},
        .result = STORE_SKIPPED,
        .reason = "not needed",
        .at_ms = NOW};
}

static void test_a_retry_makes_a_new_delivery_that_inherits_resume_and_stands_last(void **state)
{
    struct ledger *ledger = *state;
    store_id dead = dead_letter(ledger, "t", "mail");
    store_id waiting = new_delivery(ledger, "t", "mail", 1, NOW);
    struct store_retry retry = retry_of(&dead);
    struct changed changed;

    retry_deliveries(ledger, &retry, &changed);

    assert_string_equal(changed.error, "");
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].delivery, dead);
    assert_int_equal(changed.rows[0].became, waiting + 1);
    assert_string_equal(changed.rows[0].sink, "mail");
    assert_string_equal(changed.rows[0].refused, "");
    assert_int_equal(ledger_health(ledger).dead, 0);
    assert_int_equal(ledger_health(ledger).skipped, 1);
    assert_int_equal(queue_length(ledger, "mail"), 2);
    struct claimed_row head = claim_head(ledger, "mail", NOW);
    assert_int_equal(head.delivery, waiting);
    settle_as(ledger, head.delivery, head.claim, STORE_DELIVERED);
    head = claim_head(ledger, "mail", NOW);
    assert_int_equal(head.delivery, changed.rows[0].became);
    assert_string_equal(head.resume, "half of it");
    assert_string_equal(head.thread, "t");
    assert_string_equal(head.rule, "everything");
    assert_int_equal(head.attempt, 1);
    assert_false(head.moved);
}

static void test_a_retry_elsewhere_is_marked_and_leaves_the_resume_behind(void **state)
{
    struct ledger *ledger = *state;
    store_id dead = dead_letter(ledger, "t", "mail");
    struct store_retry retry = retry_of(&dead);
    struct changed changed;

    retry.to = "chat";
    retry_deliveries(ledger, &retry, &changed);

    assert_string_equal(changed.rows[0].sink, "chat");
    struct claimed_row head = claim_head(ledger, "chat", NOW);
    assert_true(head.moved);
    assert_string_equal(head.resume, "");
    settle_as(ledger, head.delivery, head.claim, STORE_DEAD);
    retry = retry_of(&head.delivery);
    retry_deliveries(ledger, &retry, &changed);
    assert_true(claim_head(ledger, "chat", NOW).moved);
}

static void test_what_waits_can_only_be_sent_elsewhere(void **state)
{
    struct ledger *ledger = *state;
    store_id first = new_delivery(ledger, "t", "mail", 1, NOW + HOUR);
    store_id second = new_delivery(ledger, "t", "mail", 1, NOW);
    struct store_retry retry = retry_of(&first);
    struct changed changed;

    retry_deliveries(ledger, &retry, &changed);
    assert_string_equal(changed.rows[0].refused, "still waits, and is tried by itself");
    retry.to = "mail";
    retry_deliveries(ledger, &retry, &changed);
    assert_string_equal(changed.rows[0].refused, "waits there already");
    retry.to = "chat";
    retry_deliveries(ledger, &retry, &changed);
    assert_string_equal(changed.rows[0].refused, "");
    assert_string_equal(changed.rows[0].promoted, "mail");
    assert_int_equal(claim_head(ledger, "mail", NOW).delivery, second);
    assert_int_equal(claim_head(ledger, "chat", NOW).delivery, changed.rows[0].became);
    assert_int_equal(queue_length(ledger, "mail"), 1);
    assert_int_equal(queue_length(ledger, "chat"), 1);
}

static void test_what_is_meant_by_its_id_says_why_nothing_was_done(void **state)
{
    struct ledger *ledger = *state;
    store_id ids[] = {0, 0, 0, 77};
    struct store_retry retry = {
        .pick = {.ids = ids, .id_count = 4}, .to = "chat", .at_ms = NOW, .now_ms = NOW};
    struct changed changed;

    for (int i = 0; i < 3; i++) {
        ids[i] = new_delivery(ledger, "", "mail", 1, NOW);
        struct claimed_row head = claim_head(ledger, "mail", NOW);
        if (i < 2)
            settle_as(ledger, ids[i], head.claim, i ? STORE_SKIPPED : STORE_DELIVERED);
    }
    retry_deliveries(ledger, &retry, &changed);

    assert_int_equal(changed.count, 4);
    assert_string_equal(changed.rows[0].refused, "was delivered");
    assert_string_equal(changed.rows[1].refused, "was skipped");
    assert_string_equal(changed.rows[2].refused, "is being attempted now");
    assert_string_equal(changed.rows[3].refused, "is not in the ledger");
    assert_int_equal(changed.rows[3].event, 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(changed.rows[i].delivery, ids[i]);
        assert_int_equal(changed.rows[i].became, 0);
    }
}

static void test_an_id_that_is_given_twice_counts_once(void **state)
{
    struct ledger *ledger = *state;
    store_id ids[] = {dead_letter(ledger, "", "mail"), 0};
    struct store_retry retry = {.pick = {.ids = ids, .id_count = 2}, .at_ms = NOW, .now_ms = NOW};
    struct changed changed;

    dead_letter(ledger, "", "mail");
    ids[1] = ids[0];
    retry_deliveries(ledger, &retry, &changed);
    assert_string_equal(changed.rows[0].refused, "");
    assert_string_equal(changed.rows[1].refused, "was skipped");
    assert_int_equal(ledger_health(ledger).dead, 1);
    assert_int_equal(ledger_health(ledger).waiting, 1);
}

static void test_a_filter_means_those_of_its_sink_and_times(void **state)
{
    struct ledger *ledger = *state;
    struct store_retry retry = {.pick = {.sink = "mail", .since_ms = NOW + 1, .until_ms = NOW + 5},
        .at_ms = NOW,
        .now_ms = NOW};
    const int64_t ended_ms[] = {NOW, NOW + 1, NOW + 5, NOW + 6};
    store_id dead[4];
    struct changed changed;

    for (size_t i = 0; i < 4; i++) {
        dead[i] = new_delivery(ledger, "", "mail", 1, NOW);
        settle_delivery(ledger, &(struct store_settle){.delivery = dead[i],
                                    .claim = claim_head(ledger, "mail", NOW).claim,
                                    .result = STORE_DEAD,
                                    .at_ms = ended_ms[i]});
    }
    dead_letter(ledger, "", "chat");
    retry_deliveries(ledger, &retry, &changed);

    assert_int_equal(changed.count, 2);
    assert_int_equal(changed.rows[0].delivery, dead[1]);
    assert_int_equal(changed.rows[1].delivery, dead[2]);
    assert_false(changed.more);
    assert_int_equal(ledger_health(ledger).dead, 3);
}

static void test_a_long_walk_takes_steps(void **state)
{
    struct ledger *ledger = *state;
    struct store_finish finish = {
        .pick = {.sink = "mail"}, .result = STORE_SKIPPED, .reason = "flood", .at_ms = NOW};
    struct changed changed;
    size_t skipped = 0;
    int steps = 0;

    for (int i = 0; i < 20; i++) {
        struct store_delivery deliveries[60];
        for (int k = 0; k < 60; k++)
            deliveries[k] = (struct store_delivery){
                .sink = k % 2 ? "mail" : "chat", .rule = "r", .due_ms = NOW};
        route_event(ledger, &(struct store_route){.event = new_event(ledger, ""),
                                .at_ms = NOW,
                                .deliveries = deliveries,
                                .delivery_count = 60});
    }
    do {
        finish_deliveries(ledger, &finish, &changed);
        skipped += changed.count;
        finish.pick.after = changed.last;
        steps++;
    } while (changed.more);

    assert_int_equal(skipped, 600);
    assert_int_equal(steps, 3); /* 1,200 rows were looked at */
    assert_int_equal(ledger_health(ledger).waiting, 600);
    assert_int_equal(queue_length(ledger, "mail"), 0);
}

static void test_skipping_a_head_lets_the_next_one_pass(void **state)
{
    struct ledger *ledger = *state;
    store_id first = new_delivery(ledger, "t", "mail", 1, NOW + HOUR);
    store_id second = new_delivery(ledger, "t", "mail", 1, NOW);
    store_id third = new_delivery(ledger, "t", "mail", 1, NOW);
    struct store_finish finish = skip_of(&third);
    struct changed changed;

    finish_deliveries(ledger, &finish, &changed);
    assert_string_equal(changed.rows[0].promoted, "");
    finish = skip_of(&first);
    finish_deliveries(ledger, &finish, &changed);
    assert_string_equal(changed.rows[0].promoted, "mail");
    assert_int_equal(claim_head(ledger, "mail", NOW).delivery, second);
    assert_int_equal(ledger_health(ledger).skipped, 2);
}

static void test_a_dead_letter_that_is_skipped_keeps_its_reason(void **state)
{
    struct ledger *ledger = *state;
    store_id dead = dead_letter(ledger, "t", "mail");
    struct store_finish finish = skip_of(&dead);
    struct changed changed;

    finish_deliveries(ledger, &finish, &changed);

    assert_string_equal(changed.rows[0].refused, "");
    assert_int_equal(ledger_health(ledger).dead, 0);
    json_t *story = story_of(ledger, 1);
    json_t *delivery = json_array_get(json_object_get(story, "deliveries"), 0);
    assert_string_equal(json_string_value(json_object_get(delivery, "state")), "skipped");
    assert_string_equal(
        json_string_value(json_object_get(delivery, "reason")), "not needed; before: refused");
    json_decref(story);
    finish_deliveries(ledger, &finish, &changed);
    assert_string_equal(changed.rows[0].refused, "was skipped");
}

static void test_only_what_waits_can_be_made_a_dead_letter(void **state)
{
    struct ledger *ledger = *state;
    store_id ids[] = {dead_letter(ledger, "", "mail"), new_delivery(ledger, "", "mail", 1, NOW),
        new_delivery(ledger, "", "mail", 1, NOW)};
    struct store_finish finish = {.pick = {.ids = ids, .id_count = 3},
        .result = STORE_DEAD,
        .reason = "waited too long",
        .at_ms = NOW};
    struct changed changed;

    claim_heads(ledger, "mail", 1, NOW);
    finish_deliveries(ledger, &finish, &changed);

    assert_string_equal(changed.rows[0].refused, "is a dead letter");
    assert_string_equal(changed.rows[1].refused, "is being attempted now");
    assert_string_equal(changed.rows[2].refused, "");
    assert_int_equal(ledger_health(ledger).dead, 2);
    assert_int_equal(ledger_health(ledger).waiting, 1);
}

static void test_the_story_tells_what_came_later(void **state)
{
    struct ledger *ledger = *state;
    store_id dead = dead_letter(ledger, "t", "mail");
    struct store_retry retry = retry_of(&dead);
    struct changed changed;

    retry_deliveries(ledger, &retry, &changed);

    json_t *story = story_of(ledger, 1), *later = json_object_get(story, "later");
    assert_int_equal(json_array_size(later), 1);
    later = json_array_get(later, 0);
    assert_string_equal(json_string_value(json_object_get(later, "kind")), "retry");
    assert_non_null(json_object_get(json_array_get(json_object_get(later, "trace"), 0), "retry"));
    json_t *delivery = json_array_get(json_object_get(later, "deliveries"), 0);
    assert_int_equal(
        json_integer_value(json_object_get(delivery, "delivery")), changed.rows[0].became);
    assert_string_equal(json_string_value(json_object_get(delivery, "state")), "waiting");
    json_decref(story);
}

const struct stories changes_stories =
    STORIES(STORY(test_a_retry_makes_a_new_delivery_that_inherits_resume_and_stands_last),
        STORY(test_a_retry_elsewhere_is_marked_and_leaves_the_resume_behind),
        STORY(test_what_waits_can_only_be_sent_elsewhere),
        STORY(test_what_is_meant_by_its_id_says_why_nothing_was_done),
        STORY(test_an_id_that_is_given_twice_counts_once),
        STORY(test_a_filter_means_those_of_its_sink_and_times), STORY(test_a_long_walk_takes_steps),
        STORY(test_skipping_a_head_lets_the_next_one_pass),
        STORY(test_a_dead_letter_that_is_skipped_keeps_its_reason),
        STORY(test_only_what_waits_can_be_made_a_dead_letter),
        STORY(test_the_story_tells_what_came_later));
