/* Forgetting, in small steps, and what must not be forgotten. */
#include "../cmocka_setup.h"

#include <string.h>

#include "ledger.h"

/* An event with an object and one delivery that ends like this. */
static store_id finished_event(struct ledger *ledger, enum store_result result, const char *key)
{
    struct store_object object = {.name = "alert", .status = "found", .bytes = "{}", .len = 2};
    struct store_delivery delivery = {.sink = "mail", .rule = "r", .due_ms = NOW, .claim = true};
    struct accepted accepted = accept_event(ledger, &(struct store_accept){.hook = "soc",
                                                        .thread = "t",
                                                        .dedupe = key,
                                                        .dedupe_ms = HOUR,
                                                        .at_ms = NOW,
                                                        .body = "{}",
                                                        .body_len = 2,
                                                        .claim = true});
    struct routed routed = route_event(ledger,
        &(struct store_route){accepted.event, NOW, NOW, "t", &object, 1, "[]", &delivery, 1});
    struct settled settled =
        settle_delivery(ledger, &(struct store_settle){.delivery = routed.rows[0].delivery,
                                    .claim = routed.rows[0].claim,
                                    .result = result,
                                    .at_ms = NOW,
                                    .receipt = "r-1"});

    assert_string_equal(settled.error, "");
    return accepted.event;
}

static int64_t rows_of_all_tables(struct ledger *ledger)
{
    return ledger_sql(ledger,
        "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM decision)"
        " + (SELECT count(*) FROM object) + (SELECT count(*) FROM attachment)"
        " + (SELECT count(*) FROM outcome) + (SELECT count(*) FROM attempt)"
        " + (SELECT count(*) FROM receipt) + (SELECT count(*) FROM duplicate)"
        " + (SELECT count(*) FROM dedupe) + (SELECT count(*) FROM delivery)"
        " + (SELECT count(*) FROM unrouted)");
}

static void test_what_is_finished_for_long_enough_leaves_nothing_behind(void **state)
{
    struct ledger *ledger = *state;

    finished_event(ledger, STORE_DELIVERED, "a");
    finished_event(ledger, STORE_SKIPPED, "b");
    accept_event(
        ledger, &(struct store_accept){
                    .hook = "soc", .dedupe = "b", .dedupe_ms = HOUR, .at_ms = NOW, .body = "{}"});
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM duplicate"), 1);
    prune_all(ledger, NOW + DAY, DAY, DAY);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 2);
    prune_all(ledger, NOW + DAY + 1, DAY, DAY);
    assert_int_equal(rows_of_all_tables(ledger), 0);
    assert_int_equal(ledger_health(ledger).delivered, 1);
}

static void test_dead_letters_are_kept_longer(void **state)
{
    struct ledger *ledger = *state;

    finished_event(ledger, STORE_DELIVERED, NULL);
    store_id dead = finished_event(ledger, STORE_DEAD, NULL);
    prune_all(ledger, NOW + 7 * DAY, DAY, 30 * DAY);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 1);
    assert_int_equal(ledger_sql(ledger, "SELECT id FROM event"), dead);
    assert_int_equal(ledger_health(ledger).dead, 1);

    prune_all(ledger, NOW + 31 * DAY, DAY, 30 * DAY);
    assert_int_equal(rows_of_all_tables(ledger), 0);
    assert_int_equal(ledger_health(ledger).dead, 0);
}

static void test_what_is_unfinished_stays(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "t", "teams", 1, NOW);
    new_event(ledger, "t");
    finished_event(ledger, STORE_DELIVERED, NULL);
    prune_all(ledger, NOW + 300 * DAY, DAY, DAY);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 2);
    assert_int_equal(ledger_sql(ledger, "SELECT max(id) FROM event"), 2);
    assert_int_equal(ledger_health(ledger).waiting, 1);
    assert_int_equal(ledger_health(ledger).unrouted, 1);
}

static void test_nothing_is_forgotten_inside_its_dedupe_window(void **state)
{
    struct ledger *ledger = *state;

    finished_event(ledger, STORE_DELIVERED, "key");
    prune_all(ledger, NOW + HOUR - 1, 1, 1);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 1);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM dedupe"), 1);
    prune_all(ledger, NOW + HOUR, 1, 1);
    assert_int_equal(rows_of_all_tables(ledger), 0);
}

static void test_an_expired_key_goes_before_its_event(void **state)
{
    struct ledger *ledger = *state;

    finished_event(ledger, STORE_DELIVERED, "key");
    prune_all(ledger, NOW + HOUR, 7 * DAY, 7 * DAY);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM dedupe"), 0);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 1);
}

static void test_an_object_stays_while_an_event_refers_to_it(void **state)
{
    struct ledger *ledger = *state;
    struct store_object object = {.name = "alert", .status = "found"};
    struct store_route route = {.at_ms = NOW, .thread = "t", .objects = &object, .object_count = 1};

    finished_event(ledger, STORE_DELIVERED, NULL);
    object.object = ledger_sql(ledger, "SELECT id FROM object");
    route.event = new_event(ledger, "t");
    route.at_ms = NOW + 5 * DAY; /* it took its time */
    assert_string_equal(route_event(ledger, &route).error, "");

    prune_all(ledger, NOW + 2 * DAY, DAY, DAY);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 1);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM object"), 1);
    prune_all(ledger, NOW + 7 * DAY, DAY, DAY);
    assert_int_equal(rows_of_all_tables(ledger), 0);
}

static void test_a_step_is_small(void **state)
{
    struct ledger *ledger = *state;
    struct accepted accepted[MAX_ROWS];

    for (int group = 0; group < 10; group++) {
        for (int i = 0; i < MAX_ROWS; i++)
            ask_accept(ledger, &(struct store_accept){.hook = "soc", .at_ms = NOW}, &accepted[i]);
        ledger_run(ledger);
        struct routed routed[MAX_ROWS];
        for (int i = 0; i < MAX_ROWS; i++)
            ask_route(ledger, &(struct store_route){.event = accepted[i].event, .at_ms = NOW},
                &routed[i]);
        ledger_run(ledger);
    }

    /* Two rows an event, and the look at it. */
    assert_true(prune_step(ledger, NOW + 2 * DAY, DAY, DAY));
    assert_in_range(ledger_sql(ledger, "SELECT count(*) FROM event"), 640 - 250, 640 - 100);
    prune_all(ledger, NOW + 2 * DAY, DAY, DAY);
    assert_int_equal(rows_of_all_tables(ledger), 0);
}

static void test_numbers_are_never_given_again(void **state)
{
    struct ledger *ledger = *state;
    store_id event = finished_event(ledger, STORE_DELIVERED, NULL);
    int64_t delivery = ledger_sql(ledger, "SELECT max(delivery) FROM outcome");
    int64_t object = ledger_sql(ledger, "SELECT max(id) FROM object");

    prune_all(ledger, NOW + 2 * DAY, DAY, DAY);
    assert_int_equal(rows_of_all_tables(ledger), 0);
    ledger_close(ledger);
    ledger_open(ledger);

    assert_int_equal(finished_event(ledger, STORE_DELIVERED, NULL), event + 1);
    assert_int_equal(ledger_sql(ledger, "SELECT delivery FROM outcome"), delivery + 1);
    assert_int_equal(ledger_sql(ledger, "SELECT id FROM object"), object + 1);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_what_is_finished_for_long_enough_leaves_nothing_behind),
        STORY(test_dead_letters_are_kept_longer),
        STORY(test_what_is_unfinished_stays),
        STORY(test_nothing_is_forgotten_inside_its_dedupe_window),
        STORY(test_an_expired_key_goes_before_its_event),
        STORY(test_an_object_stays_while_an_event_refers_to_it),
        STORY(test_a_step_is_small),
        STORY(test_numbers_are_never_given_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
