/* From acceptance to outcome, as the flow uses the journal. */
#include "../../cmocka_setup.h"

#include <string.h>

#include "base/error.h"
#include "contract.h"

static void on_loaded(const struct error *error, const struct store_loaded *loaded, void *arg)
{
    bool *done = arg;

    assert_null(error->text);
    assert_string_equal(loaded->hook, "soc");
    assert_string_equal(loaded->thread, "alert-1");
    assert_int_equal(loaded->at_ms, NOW);
    assert_int_equal(loaded->body_len, 7);
    assert_memory_equal(loaded->body, "{\"a\":1}", 7);
    assert_int_equal(loaded->object_count, 2);
    assert_string_equal(loaded->objects[0].name, "alert");
    assert_string_equal(loaded->objects[0].status, "found");
    assert_memory_equal(loaded->objects[0].bytes, "{\"u\":\0}", 7);
    assert_int_equal(loaded->objects[0].len, 7);
    assert_string_equal(loaded->objects[1].status, "timed out");
    assert_null(loaded->objects[1].bytes);
    *done = true;
}

static void expect_loaded(struct ledger *ledger, store_id event)
{
    bool done = false;

    ledger->journal->ops->load(ledger->journal, event, on_loaded, &done);
    /* Answers come in the order of the calls, so the load is done when this one is. */
    claim_heads(ledger, "nobody", 1, NOW);
    assert_true(done);
}

static void test_an_event_is_accepted_routed_attempted_and_delivered(void **state)
{
    struct ledger *ledger = *state;
    store_id event = new_event(ledger, "alert-1");
    struct store_object objects[] = {
        {.name = "alert", .status = "found", .bytes = "{\"u\":\0}", .len = 7},
        {.name = "case", .status = "timed out"},
    };
    struct store_delivery deliveries[] = {
        {.sink = "teams", .rule = "urgent", .level = 4, .due_ms = NOW, .claim = true},
        {.sink = "mail", .rule = "urgent", .level = 4, .due_ms = NOW},
    };

    assert_int_equal(ledger_health(ledger).unrouted, 1);
    struct routed routed = route_event(
        ledger, &(struct store_route){event, NOW, NOW, "alert-1", objects, 2, "[]", deliveries, 2});
    assert_string_equal(routed.error, "");
    assert_int_equal(routed.count, 2);
    assert_int_equal(routed.rows[0].state, STORE_CLAIMED);
    assert_true(routed.rows[0].claim > 0);
    assert_int_equal(routed.rows[1].state, STORE_READY);
    assert_int_equal(routed.rows[1].claim, 0);
    assert_true(routed.objects[0] > 0);
    assert_int_equal(routed.objects[1], 0);
    expect_loaded(ledger, event);

    struct claimed_row mail = claim_head(ledger, "mail", NOW);
    assert_int_equal(mail.delivery, routed.rows[1].delivery);
    assert_int_equal(mail.event, event);
    assert_string_equal(mail.rule, "urgent");
    assert_string_equal(mail.thread, "alert-1");
    assert_int_equal(mail.level, 4);
    assert_int_equal(mail.attempt, 1);
    assert_int_equal(mail.losses, 0);
    assert_false(mail.in_doubt);
    assert_int_equal(mail.created_ms, NOW);
    assert_int_equal(ledger_health(ledger).waiting, 2);

    settle_as(ledger, routed.rows[0].delivery, routed.rows[0].claim, STORE_DELIVERED);
    settle_as(ledger, mail.delivery, mail.claim, STORE_SKIPPED);
    struct store_health health = ledger_health(ledger);
    assert_true(health.writable);
    assert_int_equal(health.events, 1);
    assert_int_equal(health.unrouted, 0);
    assert_int_equal(health.waiting, 0);
    assert_int_equal(health.delivered, 1);
    assert_int_equal(health.skipped, 1);
    assert_int_equal(health.dead, 0);
}

static void test_an_event_that_nobody_wants_is_finished_when_it_is_routed(void **state)
{
    struct ledger *ledger = *state;
    store_id event = new_event(ledger, "alert-1");
    struct routed routed =
        route_event(ledger, &(struct store_route){.event = event, .at_ms = NOW, .thread = "t"});

    assert_string_equal(routed.error, "");
    assert_int_equal(routed.count, 0);
    assert_int_equal(ledger_health(ledger).unrouted, 0);
    assert_int_equal(ledger_health(ledger).waiting, 0);
}

static void test_what_is_routed_twice_gets_the_first_answer(void **state)
{
    struct ledger *ledger = *state;
    store_id event = new_event(ledger, "t");
    struct store_object object = {.name = "alert", .status = "found", .bytes = "{}", .len = 2};
    struct store_delivery deliveries[] = {
        {.sink = "a", .rule = "r", .due_ms = NOW, .claim = true},
        {.sink = "b", .rule = "r", .due_ms = NOW, .claim = true},
        {.sink = "b", .rule = "s", .due_ms = NOW, .claim = true},
    };
    struct store_route route = {event, NOW, NOW, "t", &object, 1, "[]", deliveries, 3};
    struct routed first = route_event(ledger, &route);
    settle_as(ledger, first.rows[0].delivery, first.rows[0].claim, STORE_DELIVERED);

    route.delivery_count = 1;
    struct routed again = route_event(ledger, &route);

    assert_string_equal(again.error, "");
    assert_int_equal(again.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(again.rows[i].delivery, first.rows[i].delivery);
        assert_int_equal(again.rows[i].claim, 0);
    }
    assert_int_equal(again.rows[0].state, STORE_FINISHED);
    assert_int_equal(again.rows[1].state, STORE_CLAIMED);
    assert_int_equal(again.rows[2].state, STORE_BEHIND);
    assert_int_equal(again.object_count, 1);
    assert_int_equal(again.objects[0], first.objects[0]);
    assert_int_equal(number_in_story(ledger, event, "objects"), 1);
    assert_int_equal(ledger_health(ledger).waiting, 2);
}

static void test_an_object_is_stored_once_and_referred_to(void **state)
{
    struct ledger *ledger = *state;
    struct store_object object = {.name = "alert", .status = "found", .bytes = "{}", .len = 2};
    struct store_route route = {.at_ms = NOW, .thread = "t", .objects = &object, .object_count = 1};

    route.event = new_event(ledger, "t");
    struct routed first = route_event(ledger, &route);
    object.object = first.objects[0];
    object.bytes = NULL;
    route.event = new_event(ledger, "t");
    struct routed second = route_event(ledger, &route);

    assert_string_equal(second.error, "");
    assert_int_equal(second.objects[0], first.objects[0]);
}

static void test_an_object_that_is_not_there_is_stored_from_its_bytes(void **state)
{
    struct ledger *ledger = *state;
    struct store_object object = {
        .name = "alert", .status = "found", .object = 99, .bytes = "{}", .len = 2};
    struct store_route route = {.at_ms = NOW, .thread = "t", .objects = &object, .object_count = 1};

    route.event = new_event(ledger, "t");
    struct routed pruned = route_event(ledger, &route);
    object.object = pruned.objects[0];
    object.bytes = "[]"; /* not looked at: what is stored stays */
    route.event = new_event(ledger, "t");
    struct routed again = route_event(ledger, &route);

    assert_string_equal(pruned.error, "");
    assert_int_not_equal(pruned.objects[0], 0);
    assert_int_not_equal(pruned.objects[0], 99);
    assert_int_equal(again.objects[0], pruned.objects[0]);
}

static void test_an_unsound_route_is_refused_whole(void **state)
{
    struct ledger *ledger = *state;
    struct store_object stranger = {.name = "alert", .status = "found", .object = 99};
    struct store_delivery delivery = {.sink = "a", .rule = "r", .level = 5, .due_ms = NOW};
    struct store_route route = {.event = new_event(ledger, "t"), .at_ms = NOW, .thread = "t"};

    route.deliveries = &delivery;
    route.delivery_count = 1;
    assert_non_null(strstr(route_event(ledger, &route).error, "no level 5"));
    delivery.level = 4;
    route.objects = &stranger;
    route.object_count = 1;
    assert_non_null(strstr(route_event(ledger, &route).error, "object 99"));
    assert_int_equal(ledger_health(ledger).unrouted, 1);
    route.object_count = 0;
    assert_string_equal(route_event(ledger, &route).error, "");
    route.event = 77;
    assert_non_null(strstr(route_event(ledger, &route).error, "event 77 is not in the ledger"));
}

static void on_not_loaded(const struct error *error, const struct store_loaded *loaded, void *arg)
{
    bool *done = arg;

    assert_null(loaded);
    assert_non_null(strstr(error->text, "event 5 is not in the ledger"));
    *done = true;
}

static void test_a_load_of_what_is_not_there_says_so(void **state)
{
    struct ledger *ledger = *state;
    bool done = false;

    ledger->journal->ops->load(ledger->journal, 5, on_not_loaded, &done);
    claim_heads(ledger, "nobody", 1, NOW);
    assert_true(done);
}

struct note {
    int *next;
    int place;
};

static void on_noted(const struct error *error, const struct store_accepted *accepted, void *arg)
{
    struct note *note = arg;

    assert_null(error->text);
    assert_int_equal(accepted->event, note->place + 1);
    assert_int_equal((*note->next)++, note->place);
}

static void test_close_finishes_what_was_asked_in_the_order_of_the_calls(void **state)
{
    struct ledger *ledger = *state;
    struct note notes[20];
    int next = 0;

    for (int i = 0; i < 20; i++) {
        notes[i] = (struct note){&next, i};
        ledger->journal->ops->accept(ledger->journal,
            &(struct store_accept){.hook = "soc", .at_ms = NOW, .body = "{}", .body_len = 2},
            on_noted, &notes[i]);
    }
    ledger_close(ledger);

    assert_int_equal(next, 20);
    ledger_open(ledger);
    assert_int_equal(ledger_health(ledger).unrouted, 20);
}

const struct stories life_stories = STORIES(
    STORY(test_an_event_is_accepted_routed_attempted_and_delivered),
    STORY(test_an_event_that_nobody_wants_is_finished_when_it_is_routed),
    STORY(test_what_is_routed_twice_gets_the_first_answer),
    STORY(test_an_object_is_stored_once_and_referred_to),
    STORY(test_an_object_that_is_not_there_is_stored_from_its_bytes),
    STORY(test_an_unsound_route_is_refused_whole), STORY(test_a_load_of_what_is_not_there_says_so),
    STORY(test_close_finishes_what_was_asked_in_the_order_of_the_calls));
