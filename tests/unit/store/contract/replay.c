/* Events that are routed again. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static void replay_one(struct ledger *ledger, store_id event, enum store_replay how)
{
    struct changed changed;

    replay_events(
        ledger, &(struct store_replays){.events = &event, .count = 1, .how = how}, &changed);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].event, event);
    assert_string_equal(changed.rows[0].refused, "");
}

static store_id routed_event(struct ledger *ledger, const char *const *sinks)
{
    struct store_object object = {.name = "alert", .status = "found", .bytes = "{}", .len = 2};
    struct store_delivery deliveries[4];
    store_id event = new_event(ledger, "t");
    size_t count = 0;

    for (; sinks[count]; count++)
        deliveries[count] =
            (struct store_delivery){.sink = sinks[count], .rule = "r", .due_ms = NOW};
    struct routed routed = route_event(
        ledger, &(struct store_route){event, NOW, NOW, "t", &object, 1, "[]", deliveries, count});
    assert_string_equal(routed.error, "");
    return event;
}

static void test_a_replay_goes_to_all_and_keeps_what_was_looked_up(void **state)
{
    struct ledger *ledger = *state;
    const char *const first[] = {"mail", NULL};
    store_id event = routed_event(ledger, first);
    struct store_object object = {.name = "other", .status = "found", .bytes = "[]", .len = 2};
    struct store_delivery deliveries[] = {
        {.sink = "mail", .rule = "r", .due_ms = NOW}, {.sink = "chat", .rule = "r", .due_ms = NOW}};
    struct store_route route = {event, NOW, NOW, "t", &object, 1, "[]", deliveries, 2};

    replay_one(ledger, event, STORE_REPLAY);
    assert_int_equal(ledger_health(ledger).unrouted, 1);
    struct handed_out events = next_events(ledger, 9, 1000);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.rows[0].replay, STORE_REPLAY);
    struct routed routed = route_event(ledger, &route);

    assert_int_equal(routed.count, 2);
    assert_int_equal(routed.rows[0].state, STORE_BEHIND); /* the first is there still */
    assert_int_equal(routed.rows[1].state, STORE_READY);
    assert_int_equal(routed.object_count, 1);
    assert_int_equal(routed.objects[0], 1);
    assert_int_equal(number_in_story(ledger, event, "later"), 1);
    /* A repeat returns what the replay made. */
    struct routed again = route_event(ledger, &route);
    assert_int_equal(again.count, 2);
    assert_int_equal(again.rows[0].delivery, routed.rows[0].delivery);
    assert_int_equal(ledger_health(ledger).waiting, 3);
}

static void test_a_replay_to_the_missing_spares_those_that_had_it(void **state)
{
    struct ledger *ledger = *state;
    const char *const first[] = {"mail", "teams", NULL}, *const all[] = {
                                                             "mail", "chat", "teams", NULL};
    store_id event = routed_event(ledger, first);
    struct claimed_row head = claim_head(ledger, "mail", NOW);

    settle_as(ledger, head.delivery, head.claim, STORE_DELIVERED); /* finished, and one waiting */
    replay_one(ledger, event, STORE_REPLAY_MISSING);
    struct routed routed = route_to(ledger, event, "t", all);

    assert_int_equal(routed.count, 3);
    assert_int_equal(routed.rows[0].delivery, 0);
    assert_int_equal(routed.rows[0].state, STORE_FINISHED);
    assert_int_equal(routed.rows[1].state, STORE_READY);
    assert_true(routed.rows[1].delivery > 0);
    assert_int_equal(routed.rows[2].delivery, 0);
    assert_int_equal(ledger_health(ledger).waiting, 2);

    /* Nobody is missing any more, those that came by a replay counted. */
    replay_one(ledger, event, STORE_REPLAY_MISSING);
    routed = route_to(ledger, event, "t", all);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(routed.rows[i].delivery, 0);
    assert_int_equal(ledger_health(ledger).waiting, 2);
}

static void accept_from(struct ledger *ledger, const char *hook, const char *type, int64_t at_ms)
{
    struct accepted accepted = accept_event(
        ledger, &(struct store_accept){.hook = hook, .type = type, .at_ms = at_ms, .claim = true});

    assert_string_equal(
        route_event(ledger, &(struct store_route){.event = accepted.event, .at_ms = at_ms}).error,
        "");
}

static void test_a_filter_means_those_of_its_times_hooks_and_type(void **state)
{
    struct ledger *ledger = *state;
    struct store_replays replays = {.since_ms = NOW, .until_ms = NOW + 9, .how = STORE_REPLAY};
    struct changed changed;

    accept_from(ledger, "soc", "alert", NOW - 1);
    accept_from(ledger, "soc", "alert", NOW);
    accept_from(ledger, "soc", "case", NOW);
    accept_from(ledger, "own", "alert", NOW + 9);
    accept_from(ledger, "soc", "alert", NOW + 10);
    new_event(ledger, "t"); /* it has its router */

    replays.dry_run = true;
    replay_events(ledger, &replays, &changed);
    assert_int_equal(changed.count, 3);
    replays.type = "alert";
    replays.except_hook = "own";
    replay_events(ledger, &replays, &changed);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].event, 2);
    replays.except_hook = NULL;
    replays.hook = "own";
    replay_events(ledger, &replays, &changed);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].event, 4);
}

static void test_what_waits_for_its_replay_is_not_forgotten(void **state)
{
    struct ledger *ledger = *state;
    const char *const none[] = {NULL};
    store_id event = routed_event(ledger, none);

    replay_one(ledger, event, STORE_REPLAY);
    prune_all(ledger, NOW + 9 * DAY, DAY, DAY);
    assert_int_equal(events_kept(ledger), 1);
    next_events(ledger, 9, 1000);
    prune_all(ledger, NOW + 9 * DAY, DAY, DAY);
    assert_int_equal(events_kept(ledger), 1);
    route_to(ledger, event, "t", none);
    prune_all(ledger, NOW + 9 * DAY, DAY, DAY);
    assert_int_equal(events_kept(ledger), 0);
}

const struct stories replay_stories =
    STORIES(STORY(test_a_replay_goes_to_all_and_keeps_what_was_looked_up),
        STORY(test_a_replay_to_the_missing_spares_those_that_had_it),
        STORY(test_a_filter_means_those_of_its_times_hooks_and_type),
        STORY(test_what_waits_for_its_replay_is_not_forgotten));
