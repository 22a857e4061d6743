/* What a daemon that died leaves to the next one. */
#include "../cmocka_setup.h"

#include "base/clock.h"
#include "ledger.h"

static void claim_and_die(struct ledger *ledger)
{
    new_delivery(ledger, "a", "teams", 1, NOW);
    new_delivery(ledger, "a", "teams", 1, NOW);
    new_delivery(ledger, "b", "teams", 1, NOW);
    claim_heads(ledger, "teams", 1, NOW);
}

static void claim_again_and_die(struct ledger *ledger)
{
    claim_heads(ledger, "teams", 1, clock_wall_ms() + 1);
}

static void test_a_claim_without_an_outcome_is_in_doubt_after_a_kill(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger_die_in_child(ledger, claim_and_die);
    ledger_open(ledger);

    /* Delivery 2 waits behind 1 still; 3 was never claimed. */
    struct claimed claimed = claim_heads(ledger, "teams", 9, clock_wall_ms() + 1);
    assert_int_equal(claimed.count, 2);
    assert_int_equal(claimed.rows[0].delivery, 3);
    assert_false(claimed.rows[0].in_doubt);
    assert_int_equal(claimed.rows[0].attempt, 1);
    assert_int_equal(claimed.rows[1].delivery, 1);
    assert_true(claimed.rows[1].in_doubt);
    assert_int_equal(claimed.rows[1].losses, 1);
    assert_int_equal(claimed.rows[1].attempt, 2);
    assert_int_equal(ledger_health(ledger).waiting, 3);
}

static void test_losses_add_up(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger_die_in_child(ledger, claim_and_die);
    ledger_die_in_child(ledger, claim_again_and_die); /* the one that is due longest: 3 */
    ledger_die_in_child(ledger, claim_again_and_die); /* and 1 */
    ledger_open(ledger);

    struct claimed claimed = claim_heads(ledger, "teams", 9, clock_wall_ms() + 1);
    assert_int_equal(claimed.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(claimed.rows[i].losses, claimed.rows[i].delivery == 1 ? 2 : 1);
}

static void test_a_claim_of_an_earlier_life_is_stale(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger_die_in_child(ledger, claim_and_die);
    ledger_open(ledger);

    /* Six claims were given in that life: three events, one delivery; none of them settles. */
    for (store_id claim = 1; claim <= 6; claim++)
        assert_string_not_equal(settle_as(ledger, 1, claim, STORE_DELIVERED).error, "");
    assert_true(claim_heads(ledger, "teams", 1, NOW).rows[0].claim > 4);
}

static void accept_and_die(struct ledger *ledger)
{
    new_event(ledger, "first");
    new_event(ledger, "second");
    accept_event(ledger,
        &(struct store_accept){.hook = "soc", .thread = "third", .at_ms = NOW, .body = "{}"});
    route_event(ledger, &(struct store_route){.event = 2, .at_ms = NOW, .thread = "second"});
}

static void test_events_that_were_not_routed_are_handed_out_again_in_order(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger_die_in_child(ledger, accept_and_die);
    ledger_open(ledger);

    assert_int_equal(ledger_health(ledger).unrouted, 2);
    struct handed_out events = next_events(ledger, 9, 1000);
    assert_int_equal(events.count, 2);
    assert_string_equal(events.rows[0].thread, "first");
    assert_string_equal(events.rows[0].body, "{\"a\":1}");
    assert_int_equal(events.rows[0].losses, 1);
    assert_string_equal(events.rows[1].thread, "third");
    assert_int_equal(events.rows[1].losses, 0);
}

static void test_claims_that_outlive_a_clean_close_are_in_doubt_too(void **state)
{
    struct ledger *ledger = *state;

    claim_and_die(ledger);
    ledger_close(ledger);
    assert_int_equal(ledger_sql(ledger, "SELECT unclean FROM ledger"), 0);
    ledger_open(ledger);
    assert_int_equal(ledger_sql(ledger, "SELECT unclean FROM ledger"), 1);

    struct claimed claimed = claim_heads(ledger, "teams", 9, clock_wall_ms() + 1);
    assert_int_equal(claimed.count, 2);
    assert_int_equal(claimed.rows[1].delivery, 1);
    assert_true(claimed.rows[1].in_doubt);
}

static void answer_and_die(struct ledger *ledger)
{
    for (int i = 0; i < 50; i++)
        new_event(ledger, "t");
}

static void test_what_was_answered_is_there_after_a_kill(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger_die_in_child(ledger, answer_and_die);
    ledger_open(ledger);

    assert_int_equal(ledger_health(ledger).events, 50);
    /* Lost once, they come in small company. */
    int pages = 0, events = 0;
    for (size_t count; (count = next_events(ledger, 60, 100000).count) > 0; pages++) {
        assert_true(count <= STORE_CAREFUL_EVENTS);
        events += (int)count;
    }
    assert_int_equal(events, 50);
    assert_int_equal(pages, 4);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_a_claim_without_an_outcome_is_in_doubt_after_a_kill),
        STORY(test_losses_add_up),
        STORY(test_a_claim_of_an_earlier_life_is_stale),
        STORY(test_events_that_were_not_routed_are_handed_out_again_in_order),
        STORY(test_claims_that_outlive_a_clean_close_are_in_doubt_too),
        STORY(test_what_was_answered_is_there_after_a_kill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
