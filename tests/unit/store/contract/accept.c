/* Duplicates, and events that wait for a router. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "contract.h"

static struct store_accept keyed(const char *key, int64_t at_ms)
{
    return (struct store_accept){.hook = "soc",
        .type = "alert",
        .thread = "t",
        .dedupe = key,
        .dedupe_ms = HOUR,
        .at_ms = at_ms,
        .body = "{}",
        .body_len = 2};
}

static void test_the_same_key_within_the_window_is_a_duplicate(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = keyed("k", NOW);
    struct accepted first = accept_event(ledger, &accept);

    accept.at_ms = NOW + HOUR - 1;
    struct accepted second = accept_event(ledger, &accept);
    accept.at_ms = NOW + HOUR;
    struct accepted late = accept_event(ledger, &accept);

    assert_false(first.is_duplicate);
    assert_true(second.is_duplicate);
    assert_int_equal(second.event, first.event);
    assert_false(late.is_duplicate);
    assert_int_not_equal(late.event, first.event);
    assert_int_equal(number_in_story(ledger, first.event, "duplicates"), 1);
    assert_int_equal(number_in_story(ledger, late.event, "duplicates"), 0);
    assert_int_equal(ledger_health(ledger).events, 2);
}

static void test_duplicates_in_one_group_see_each_other(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = keyed("k", NOW);
    struct accepted accepted[3];

    for (size_t i = 0; i < 3; i++)
        ask_accept(ledger, &accept, &accepted[i]);
    ledger_run(ledger);

    assert_false(accepted[0].is_duplicate);
    for (size_t i = 1; i < 3; i++) {
        assert_true(accepted[i].is_duplicate);
        assert_int_equal(accepted[i].event, accepted[0].event);
    }
    assert_int_equal(number_in_story(ledger, accepted[0].event, "duplicates"), 2);
    assert_int_equal(ledger_health(ledger).unrouted, 1);
}

static void test_keys_are_compared_exactly_and_for_each_hook(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accepts[] = {keyed("key", NOW), keyed("KEY", NOW), keyed("key ", NOW),
        keyed("ke", NOW), keyed("key", NOW), keyed(NULL, NOW), keyed(NULL, NOW)};

    accepts[4].hook = "other";
    for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++)
        assert_false(accept_event(ledger, &accepts[i]).is_duplicate);
}

static void test_a_duplicate_is_known_after_a_restart(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = keyed("k", NOW);
    struct accepted first = accept_event(ledger, &accept);

    ledger_close(ledger);
    ledger_open(ledger);

    struct accepted second = accept_event(ledger, &accept);
    assert_true(second.is_duplicate);
    assert_int_equal(second.event, first.event);
}

static void test_unclaimed_events_are_handed_out_in_order_and_once(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = keyed(NULL, NOW);
    const char *bodies[] = {"first", "second", "third", "fourth"};

    for (size_t i = 0; i < 4; i++) {
        accept.body = bodies[i];
        accept.body_len = strlen(bodies[i]);
        accept.claim = i == 2; /* that one has its router */
        accept_event(ledger, &accept);
    }

    struct handed_out some = next_events(ledger, 1, 1000);
    assert_int_equal(some.count, 1);
    assert_string_equal(some.rows[0].body, "first");
    struct handed_out rest = next_events(ledger, 10, 1000);
    assert_int_equal(rest.count, 2);
    assert_string_equal(rest.rows[0].body, "second");
    assert_string_equal(rest.rows[1].body, "fourth");
    assert_int_equal(rest.rows[1].losses, 0);
    assert_int_equal(next_events(ledger, 10, 1000).count, 0);
}

static void test_handing_out_stops_at_the_bytes_but_gives_one(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = keyed(NULL, NOW);
    static const char big[3000];

    accept.body = big;
    accept.body_len = sizeof big;
    for (int i = 0; i < 5; i++)
        accept_event(ledger, &accept);

    assert_int_equal(next_events(ledger, 10, 1).count, 1);
    assert_int_equal(next_events(ledger, 10, 4000).count, 2);
    assert_int_equal(next_events(ledger, 10, 0).count, 1);
}

const struct stories accept_stories =
    STORIES(STORY(test_the_same_key_within_the_window_is_a_duplicate),
        STORY(test_duplicates_in_one_group_see_each_other),
        STORY(test_keys_are_compared_exactly_and_for_each_hook),
        STORY(test_a_duplicate_is_known_after_a_restart),
        STORY(test_unclaimed_events_are_handed_out_in_order_and_once),
        STORY(test_handing_out_stops_at_the_bytes_but_gives_one));
