/* max_size: what goes first, and when nothing is accepted any more. */
#include "../cmocka_setup.h"

#include <string.h>

#include "ledger.h"
#include "test_clock.h"

enum {
    max_bytes = 1000000,
    body_bytes = 20000,
    events_that_fill = 60, /* 1.2 MB of bodies */
};

static int setup_small(void **state)
{
    test_clock_set(NOW);
    ledger_setup(state);
    struct ledger *ledger = *state;
    ledger_close(ledger);
    ledger->max_bytes = max_bytes;
    ledger_open(ledger);
    return 0;
}

static struct accepted accept_big(struct ledger *ledger)
{
    static const char body[body_bytes];

    return accept_event(ledger,
        &(struct store_accept){
            .hook = "soc", .at_ms = NOW, .body = body, .body_len = sizeof body, .claim = true});
}

/* One to a sink, which ends like this; or waits. */
static void deliver_big(struct ledger *ledger, enum store_result result, bool waits)
{
    struct store_delivery delivery = {.sink = "mail", .rule = "r", .due_ms = NOW, .claim = !waits};
    struct accepted accepted = accept_big(ledger);
    struct routed routed = route_event(ledger,
        &(struct store_route){
            .event = accepted.event, .at_ms = NOW, .deliveries = &delivery, .delivery_count = 1});

    assert_string_equal(accepted.error, "");
    assert_string_equal(routed.error, "");
    if (!waits)
        assert_string_equal(
            settle_as(ledger, routed.rows[0].delivery, routed.rows[0].claim, result).error, "");
}

/* What is finished is younger than anybody would prune. */
static void prune_for_room(struct ledger *ledger)
{
    prune_all(ledger, NOW + 1000, DAY, DAY);
}

static void test_what_is_finished_makes_room_whatever_its_age(void **state)
{
    struct ledger *ledger = *state;

    for (int i = 0; i < events_that_fill; i++)
        deliver_big(ledger, STORE_DELIVERED, false);
    assert_true(ledger_health(ledger).is_oversize);
    assert_false(ledger_health(ledger).is_full);
    assert_string_equal(accept_big(ledger).error, "");

    prune_for_room(ledger);
    new_event(ledger, "t"); /* the size is looked at with each commit */
    assert_false(ledger_health(ledger).is_oversize);
    assert_int_equal(ledger_health(ledger).unrouted, 2);
}

static void test_dead_letters_go_last_but_go(void **state)
{
    struct ledger *ledger = *state;

    for (int i = 0; i < events_that_fill; i++)
        deliver_big(ledger, i < 10 ? STORE_DELIVERED : STORE_DEAD, false);
    prune_for_room(ledger);
    assert_int_equal(ledger_health(ledger).dead, events_that_fill - 10);
    assert_true(ledger_health(ledger).is_oversize);
    prune_for_room(ledger); /* nothing but dead letters is left to go */
    assert_int_equal(ledger_health(ledger).dead, events_that_fill - 10);
    prune_for_room(ledger);
    assert_int_equal(ledger_health(ledger).dead, 0);
    new_event(ledger, "t");
    assert_false(ledger_health(ledger).is_oversize);
    assert_false(ledger_health(ledger).is_full);
    /* And from then on they are kept as they should be. */
    deliver_big(ledger, STORE_DEAD, false);
    prune_for_room(ledger);
    assert_int_equal(ledger_health(ledger).dead, 1);
}

static void test_a_full_ledger_takes_again_what_it_has_room_for(void **state)
{
    struct ledger *ledger = *state;

    for (int i = 0; i < events_that_fill; i++)
        deliver_big(ledger, STORE_DELIVERED, true);
    for (int i = 0; i < 3; i++)
        prune_for_room(ledger);
    assert_true(ledger_health(ledger).is_full);
    assert_true(ledger_health(ledger).writable);
    assert_non_null(strstr(accept_big(ledger).error, "full"));
    assert_int_equal(ledger_health(ledger).waiting, events_that_fill);

    /* What waits goes on, and its end makes room. */
    struct claimed claimed = claim_heads(ledger, "mail", 40, NOW);
    assert_int_equal(claimed.count, 40);
    for (size_t i = 0; i < claimed.count; i++)
        settle_as(ledger, claimed.rows[i].delivery, claimed.rows[i].claim, STORE_DELIVERED);
    prune_for_room(ledger);
    assert_false(ledger_health(ledger).is_full);
    assert_string_equal(accept_big(ledger).error, "");
    assert_int_equal(ledger_health(ledger).waiting, events_that_fill - 40);
}

static void test_without_a_bound_nothing_is_too_large(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger->max_bytes = 0;
    ledger_open(ledger);
    for (int i = 0; i < events_that_fill; i++)
        deliver_big(ledger, STORE_DEAD, false);
    for (int i = 0; i < 3; i++)
        prune_for_room(ledger);
    assert_int_equal(ledger_health(ledger).dead, events_that_fill);
    assert_false(ledger_health(ledger).is_oversize);
    /* It is known at once where there is one. */
    ledger_close(ledger);
    ledger->max_bytes = max_bytes;
    ledger_open(ledger);
    assert_true(ledger_health(ledger).is_oversize);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup_small, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_what_is_finished_makes_room_whatever_its_age),
        STORY(test_dead_letters_go_last_but_go),
        STORY(test_a_full_ledger_takes_again_what_it_has_room_for),
        STORY(test_without_a_bound_nothing_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
