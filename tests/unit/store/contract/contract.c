#include "../../cmocka_setup.h"

#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../memory_engine.h"
#include "base/mem.h"

json_t *story_of(struct ledger *ledger, store_id event)
{
    struct archive *archive = ledger_archive(ledger);
    char *words = archive->ops->get_event(archive, event, NULL);

    archive->ops->close(archive);
    assert_non_null(words);
    json_t *story = json_loads(words, 0, NULL);
    assert_non_null(story);
    free(words);
    return story;
}

int64_t number_in_story(struct ledger *ledger, store_id event, const char *member)
{
    json_t *story = story_of(ledger, event), *found = json_object_get(story, member);
    int64_t number =
        json_is_array(found) ? (int64_t)json_array_size(found) : json_integer_value(found);

    assert_non_null(found);
    json_decref(story);
    return number;
}

static void on_event(const struct archive_event *event, void *arg)
{
    (void)event;
    ++*(int64_t *)arg;
}

int64_t events_kept(struct ledger *ledger)
{
    struct archive *archive = ledger_archive(ledger);
    struct archive_cursor cursor;
    int64_t count = 0;

    assert_true(archive->ops->find_events(
        archive, &(struct archive_events){.limit = 100000}, on_event, &count, &cursor, NULL));
    archive->ops->close(archive);
    return count;
}

store_id dead_letter(struct ledger *ledger, const char *thread, const char *sink)
{
    store_id delivery = new_delivery(ledger, thread, sink, 1, NOW);
    struct claimed_row head = claim_head(ledger, sink, NOW);

    assert_int_equal(head.delivery, delivery);
    struct settled settled = settle_delivery(ledger, &(struct store_settle){.delivery = delivery,
                                                         .claim = head.claim,
                                                         .result = STORE_DEAD,
                                                         .at_ms = NOW,
                                                         .status = 400,
                                                         .reason = "refused",
                                                         .resume = "half of it"});
    assert_string_equal(settled.error, "");
    return delivery;
}

struct routed route_to(
    struct ledger *ledger, store_id event, const char *thread, const char *const *sinks)
{
    struct store_delivery deliveries[8];
    size_t count = 0;

    for (; sinks[count]; count++)
        deliveries[count] = (struct store_delivery){
            .sink = sinks[count], .rule = "everything", .level = 1, .due_ms = NOW};
    struct routed routed = route_event(ledger, &(struct store_route){.event = event,
                                                   .at_ms = NOW,
                                                   .thread = thread,
                                                   .trace = "[]",
                                                   .deliveries = deliveries,
                                                   .delivery_count = count});
    assert_string_equal(routed.error, "");
    return routed;
}

static int setup_sqlite(void **state)
{
    test_clock_set(NOW);
    return ledger_setup_with(state, &sqlite_engine);
}

static int setup_memory(void **state)
{
    test_clock_set(NOW);
    return ledger_setup_with(state, &memory_engine);
}

static int teardown(void **state)
{
    struct memory *memory = ((struct ledger *)*state)->memory;
    int result = ledger_teardown(state);

    memory_destroy(memory);
    return result;
}

static size_t add_twice(const struct stories *stories, struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < stories->count; i++) {
        const struct story *story = &stories->items[i];
        tests[count++] = (struct CMUnitTest){
            text_format("sqlite: %s", story->name), story->test, setup_sqlite, teardown, NULL};
        tests[count++] = (struct CMUnitTest){
            text_format("memory: %s", story->name), story->test, setup_memory, teardown, NULL};
    }
    return count;
}

int main(void)
{
    const struct stories *const all[] = {&accept_stories, &archive_stories, &changes_stories,
        &claim_stories, &dry_run_stories, &inbox_stories, &life_stories, &move_stories,
        &note_stories, &order_stories, &prune_stories, &recovery_stories, &replay_stories};
    struct CMUnitTest tests[400];
    size_t count = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(count + 2 * all[i]->count <= sizeof tests / sizeof *tests);
        count = add_twice(all[i], tests, count);
    }
    int failed = _cmocka_run_group_tests("contract", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free((char *)tests[i].name);
    return failed;
}
