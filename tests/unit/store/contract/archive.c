/* The ledger as it is read. */
#include "../../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "contract.h"

/* The numbers that a walk showed, in words: "5 3 1". */
struct shown {
    char words[256];
    size_t count;
};

static void add_number(struct shown *shown, store_id number)
{
    size_t len = strlen(shown->words);

    snprintf(shown->words + len, sizeof shown->words - len, "%s%lld", shown->count++ ? " " : "",
        (long long)number);
}

static void on_event(const struct archive_event *event, void *arg)
{
    add_number(arg, event->event);
}

static struct archive_cursor expect_events(
    struct ledger *ledger, struct archive_events filter, const char *expected)
{
    struct archive *archive = ledger_archive(ledger);
    struct archive_cursor cursor;
    struct shown shown = {0};

    filter.limit = filter.limit ? filter.limit : 100;
    assert_true(archive->ops->find_events(archive, &filter, on_event, &shown, &cursor, NULL));
    archive->ops->close(archive);
    assert_string_equal(shown.words, expected);
    return cursor;
}

static void post(
    struct ledger *ledger, const char *hook, const char *type, const char *thread, int64_t at_ms)
{
    accept_event(ledger, &(struct store_accept){.hook = hook,
                             .type = type,
                             .action = strcmp(type, "alert") == 0 ? "created" : "updated",
                             .thread = thread,
                             .at_ms = at_ms,
                             .body = "{}",
                             .body_len = 2});
}

/* arg: its first letters. */
static bool is_of_thread(const struct archive_event *event, void *arg)
{
    return strchr(arg, event->thread[0]) != NULL;
}

static void test_events_are_found_newest_first_by_what_they_are(void **state)
{
    struct ledger *ledger = *state;

    post(ledger, "soc", "alert", "a", NOW);
    post(ledger, "soc", "case", "b", NOW + 1);
    post(ledger, "own", "alert", "a", NOW + 2);
    post(ledger, "soc", "alert", "c", NOW + 3);

    expect_events(ledger, (struct archive_events){0}, "4 3 2 1");
    expect_events(ledger, (struct archive_events){.hook = "soc", .type = "alert"}, "4 1");
    expect_events(ledger, (struct archive_events){.thread = "a"}, "3 1");
    expect_events(ledger, (struct archive_events){.action = "updated"}, "2");
    expect_events(ledger, (struct archive_events){.since_ms = NOW + 1, .until_ms = NOW + 2}, "3 2");
    expect_events(ledger, (struct archive_events){.hook = "nobody"}, "");
    expect_events(ledger,
        (struct archive_events){.type = "alert", .is_wanted = is_of_thread, .arg = (char *)"bc"},
        "4");
}

static void post_body(struct ledger *ledger, const char *body)
{
    accept_event(ledger, &(struct store_accept){.hook = "soc",
                             .type = "alert",
                             .action = "created",
                             .thread = "",
                             .at_ms = NOW,
                             .claim = true,
                             .body = body,
                             .body_len = strlen(body)});
}

/* 1: to mail (delivered) by "wake" and chat (dead) by "record"; 2: to chat, waiting; 3: the rule
 * "hush" matched, for nobody; 4: no rule matched; 5: not routed yet. */
static void make_fates(struct ledger *ledger)
{
    const struct store_delivery both[] = {
        {"mail", "wake", NOW, 1, true}, {"chat", "record", NOW, 1, true}};
    static const char hush[] = "[{\"rule\":\"wake\",\"verdict\":\"no\",\"sends\":false},"
                               "{\"rule\":\"hush\",\"verdict\":\"yes\",\"sends\":false}]";
    static const char named[] = "{\"name\":\"R\\u00e9seau\"}";
    const struct store_object object = {
        .name = "alert", .status = "found", .bytes = named, .len = sizeof named - 1};

    for (int i = 1; i <= 5; i++)
        post_body(ledger, i == 4 ? "{\"title\":\"r\xc3\xa9seau LYON\"}" : "{\"title\":\"x\"}");
    struct routed routed =
        route_event(ledger, &(struct store_route){1, NOW, NOW, "", &object, 1, NULL, both, 2});
    settle_as(ledger, routed.rows[0].delivery, routed.rows[0].claim, STORE_DELIVERED);
    settle_as(ledger, routed.rows[1].delivery, routed.rows[1].claim, STORE_DEAD);
    route_event(ledger, &(struct store_route){2, NOW, NOW, "", NULL, 0, NULL, both + 1, 1});
    route_event(ledger, &(struct store_route){3, NOW, NOW, "", NULL, 0, hush, NULL, 0});
    route_event(ledger, &(struct store_route){4, NOW, NOW, "", NULL, 0, "[]", NULL, 0});
}

static void test_events_are_found_by_what_became_of_them(void **state)
{
    struct ledger *ledger = *state;

    make_fates(ledger);
    expect_events(ledger, (struct archive_events){.sink = "chat"}, "2 1");
    expect_events(ledger, (struct archive_events){.sink = "mail"}, "1");
    expect_events(ledger, (struct archive_events){.rule = "record"}, "2 1");
    expect_events(ledger, (struct archive_events){.rule = "wake"}, "1");
    expect_events(ledger, (struct archive_events){.rule = "hush"}, "3");
    expect_events(ledger, (struct archive_events){.rule = "hush", .sink = "mail"}, "");
    expect_events(ledger, (struct archive_events){.sink = "mail", .rule = "record"}, "");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_UNROUTED}, "5");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_FOR_NOBODY}, "4 3");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_WAITING}, "2");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_DELIVERED}, "1");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_DEAD, .sink = "chat"}, "1");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_DEAD, .sink = "mail"}, "");
    expect_events(ledger, (struct archive_events){.fate = ARCHIVE_IS_SKIPPED}, "");
}

static void test_events_are_found_by_words_of_theirs_and_of_their_objects(void **state)
{
    struct ledger *ledger = *state;

    make_fates(ledger);
    expect_events(ledger, (struct archive_events){.text = "lyon"}, "4");
    expect_events(ledger, (struct archive_events){.text = "say \"x\""}, "");
    expect_events(ledger, (struct archive_events){.text = "r\xc3\xa9seau"}, "4 1");
    expect_events(ledger, (struct archive_events){.text = "r\xc3\xa9seau", .sink = "mail"}, "1");
    expect_events(ledger, (struct archive_events){.text = "nowhere"}, "");
    expect_events(ledger, (struct archive_events){.text = "title"}, "5 4 3 2 1");
}

static void test_a_walk_goes_on_from_its_cursor(void **state)
{
    struct ledger *ledger = *state;
    struct archive_events filter = {.type = "alert", .limit = 2};

    for (int i = 0; i < 7; i++)
        post(ledger, "soc", i % 3 == 2 ? "case" : "alert", "", NOW);
    struct archive_cursor cursor = expect_events(ledger, filter, "7 5");
    assert_true(cursor.more);
    filter.before = cursor.before;
    cursor = expect_events(ledger, filter, "4 2");
    assert_true(cursor.more);
    filter.before = cursor.before;
    cursor = expect_events(ledger, filter, "1");
    assert_false(cursor.more);
}

static void keep_event(const struct archive_event *event, void *arg)
{
    *(struct archive_event *)arg = *event;
    assert_string_equal(event->hook, "soc");
    assert_string_equal(event->type, "alert");
    assert_string_equal(event->action, "created");
    assert_string_equal(event->thread, "t");
}

static struct archive_event only_event(struct ledger *ledger)
{
    struct archive *archive = ledger_archive(ledger);
    struct archive_event event = {0};
    struct archive_cursor cursor;

    archive->ops->find_events(
        archive, &(struct archive_events){.limit = 9}, keep_event, &event, &cursor, NULL);
    archive->ops->close(archive);
    assert_false(cursor.more);
    return event;
}

static void test_an_event_says_what_came_of_it(void **state)
{
    struct ledger *ledger = *state;
    const char *const sinks[] = {"mail", "chat", NULL};
    struct store_accept accept = {.hook = "soc",
        .type = "alert",
        .action = "created",
        .thread = "t",
        .dedupe = "k",
        .dedupe_ms = HOUR,
        .at_ms = NOW,
        .body = "{}",
        .body_len = 2};
    struct changed changed;

    accept_event(ledger, &accept);
    accept_event(ledger, &accept);
    struct archive_event event = only_event(ledger);
    assert_int_equal(event.event, 1);
    assert_int_equal(event.at_ms, NOW);
    assert_int_equal(event.duplicates, 1);
    assert_false(event.is_routed);
    assert_int_equal(event.deliveries, 0);

    route_to(ledger, 1, "t", sinks);
    retry_deliveries(ledger,
        &(struct store_retry){.pick = {.sink = "mail"}, .to = "siem", .at_ms = NOW, .now_ms = NOW},
        &changed);
    event = only_event(ledger);
    assert_true(event.is_routed);
    assert_int_equal(event.deliveries, 3);
}

static void on_delivery(const struct archive_delivery *delivery, void *arg)
{
    add_number(arg, delivery->delivery);
}

static struct archive_cursor expect_deliveries(
    struct ledger *ledger, struct archive_deliveries filter, const char *expected)
{
    struct archive *archive = ledger_archive(ledger);
    struct archive_cursor cursor;
    struct shown shown = {0};

    filter.limit = filter.limit ? filter.limit : 100;
    assert_true(
        archive->ops->find_deliveries(archive, &filter, on_delivery, &shown, &cursor, NULL));
    archive->ops->close(archive);
    assert_string_equal(shown.words, expected);
    return cursor;
}

static void test_deliveries_are_found_newest_first_by_state_sink_and_time(void **state)
{
    struct ledger *ledger = *state;

    dead_letter(ledger, "", "mail");
    new_delivery(ledger, "", "mail", 1, NOW);
    dead_letter(ledger, "", "chat");
    new_delivery(ledger, "", "chat", 1, NOW + HOUR);
    claim_heads(ledger, "mail", 1, NOW);

    expect_deliveries(ledger, (struct archive_deliveries){.state = ARCHIVE_WAITING}, "4 2");
    expect_deliveries(ledger, (struct archive_deliveries){.state = ARCHIVE_DEAD}, "3 1");
    expect_deliveries(
        ledger, (struct archive_deliveries){.state = ARCHIVE_BOTH, .sink = "mail"}, "2 1");
    expect_deliveries(
        ledger, (struct archive_deliveries){.state = ARCHIVE_BOTH, .since_ms = NOW + 1}, "");
    expect_deliveries(ledger, (struct archive_deliveries){.state = ARCHIVE_DEAD, .sink = ""}, "");
    struct archive_cursor cursor = expect_deliveries(
        ledger, (struct archive_deliveries){.state = ARCHIVE_BOTH, .limit = 3}, "4 3 2");
    assert_true(cursor.more);
    cursor = expect_deliveries(
        ledger, (struct archive_deliveries){.state = ARCHIVE_BOTH, .before = cursor.before}, "1");
    assert_false(cursor.more);
}

static void expect_waiting(const struct archive_delivery *delivery, void *arg)
{
    assert_int_equal(delivery->state, STORE_READY);
    assert_string_equal(delivery->sink, "mail");
    assert_string_equal(delivery->thread, "t");
    assert_string_equal(delivery->rule, "everything");
    assert_int_equal(delivery->level, 3);
    assert_int_equal(delivery->attempts, 1);
    assert_true(delivery->in_doubt);
    assert_false(delivery->moved);
    assert_int_equal(delivery->created_ms, NOW);
    assert_int_equal(delivery->due_ms, NOW + HOUR);
    assert_int_equal(delivery->finished_ms, 0);
    assert_int_equal(delivery->status, 503);
    assert_string_equal(delivery->reason, "busy");
    ++*(int *)arg;
}

static void expect_dead(const struct archive_delivery *delivery, void *arg)
{
    assert_int_equal(delivery->state, STORE_FINISHED);
    assert_int_equal(delivery->event, 1);
    assert_int_equal(delivery->due_ms, 0);
    assert_int_equal(delivery->finished_ms, NOW + DAY);
    assert_int_equal(delivery->status, 503);
    assert_string_equal(delivery->reason, "given up");
    assert_true(delivery->in_doubt);
    ++*(int *)arg;
}

static void test_a_delivery_says_why_it_waits_or_died(void **state)
{
    struct ledger *ledger = *state;
    store_id delivery = new_delivery(ledger, "t", "mail", 3, NOW);
    struct archive_cursor cursor;
    struct changed changed;
    int seen = 0;

    settle_delivery(ledger, &(struct store_settle){.delivery = delivery,
                                .claim = claim_head(ledger, "mail", NOW).claim,
                                .result = STORE_RETRY,
                                .due_ms = NOW + HOUR,
                                .at_ms = NOW,
                                .status = 503,
                                .maybe_sent = true,
                                .reason = "busy"});
    struct archive *archive = ledger_archive(ledger);
    archive->ops->find_deliveries(archive,
        &(struct archive_deliveries){.state = ARCHIVE_BOTH, .limit = 9}, expect_waiting, &seen,
        &cursor, NULL);
    finish_deliveries(ledger,
        &(struct store_finish){.pick = {.ids = &delivery, .id_count = 1},
            .result = STORE_DEAD,
            .reason = "given up",
            .at_ms = NOW + DAY},
        &changed);
    archive->ops->find_deliveries(archive,
        &(struct archive_deliveries){.state = ARCHIVE_BOTH, .limit = 9}, expect_dead, &seen,
        &cursor, NULL);
    archive->ops->close(archive);
    assert_int_equal(seen, 2);
}

static void test_counts_are_those_of_the_journal(void **state)
{
    struct ledger *ledger = *state;
    struct archive *archive = ledger_archive(ledger);
    struct archive_counts counts;

    dead_letter(ledger, "", "mail");
    new_delivery(ledger, "", "mail", 1, NOW);
    new_event(ledger, "t");
    assert_true(archive->ops->counts(archive, &counts, NULL));
    assert_int_equal(counts.events, 3);
    assert_int_equal(counts.unrouted, 1);
    assert_int_equal(counts.waiting, 1);
    assert_int_equal(counts.dead, 1);
    assert_int_equal(counts.delivered, 0);
    assert_string_equal(
        archive->ops->ledger_id(archive), ledger->journal->ops->ledger_id(ledger->journal));
    archive->ops->close(archive);
}

static void on_recorded(const struct archive_recorded *recorded, void *arg)
{
    struct shown *shown = arg;

    add_number(shown, recorded->loaded->event);
    assert_string_equal(recorded->loaded->hook, "soc");
    assert_memory_equal(recorded->loaded->body, "{\"a\":1}", 7);
    assert_int_equal(recorded->is_routed, recorded->loaded->event == 2);
    if (recorded->loaded->event != 2) {
        assert_null(recorded->trace);
        assert_int_equal(recorded->delivery_count, 0);
        return;
    }
    assert_int_equal(recorded->loaded->object_count, 1);
    assert_memory_equal(recorded->loaded->objects[0].bytes, "{}", 2);
    assert_int_equal(recorded->loaded->objects[0].object, 1);
    assert_string_equal(recorded->trace, "[7]");
    assert_int_equal(recorded->delivery_count, 2);
    assert_string_equal(recorded->sinks[0], "mail");
    assert_string_equal(recorded->sinks[1], "chat");
    assert_string_equal(recorded->rules[1], "second");
}

static bool expect_scan(
    struct ledger *ledger, struct archive_scan scan, store_id *last, const char *expected)
{
    struct archive *archive = ledger_archive(ledger);
    struct shown shown = {0};
    bool more;

    assert_true(archive->ops->scan(archive, &scan, on_recorded, &shown, last, &more, NULL));
    archive->ops->close(archive);
    assert_string_equal(shown.words, expected);
    return more;
}

static void test_a_scan_shows_what_the_router_saw_and_decided(void **state)
{
    struct ledger *ledger = *state;
    struct store_object object = {.name = "alert", .status = "found", .bytes = "{}", .len = 2};
    struct store_delivery deliveries[] = {
        {.sink = "mail", .rule = "first", .due_ms = NOW, .claim = true},
        {.sink = "chat", .rule = "second", .due_ms = NOW}};
    struct changed changed;
    store_id last;

    for (int i = 0; i < 3; i++)
        new_event(ledger, "t");
    struct routed routed = route_event(
        ledger, &(struct store_route){2, NOW, NOW, "t", &object, 1, "[7]", deliveries, 2});
    settle_as(ledger, routed.rows[0].delivery, routed.rows[0].claim, STORE_DEAD);
    /* What came later is no part of the decision. */
    retry_deliveries(
        ledger, &(struct store_retry){.to = "siem", .at_ms = NOW, .now_ms = NOW}, &changed);
    assert_int_equal(changed.count, 2);

    assert_true(expect_scan(ledger, (struct archive_scan){.limit = 2}, &last, "1 2"));
    assert_false(expect_scan(ledger, (struct archive_scan){.after = last, .limit = 2}, &last, "3"));
    assert_int_equal(last, 3);
    assert_false(expect_scan(ledger, (struct archive_scan){.before = 3, .limit = 2}, &last, "1 2"));
    assert_int_equal(last, 2);
    assert_true(expect_scan(ledger, (struct archive_scan){.before = 3, .limit = 1}, &last, "1"));
    assert_false(
        expect_scan(ledger, (struct archive_scan){.after = 1, .before = 2, .limit = 9}, &last, ""));
    assert_false(
        expect_scan(ledger, (struct archive_scan){.since_ms = NOW + 1, .limit = 9}, &last, ""));
    assert_false(
        expect_scan(ledger, (struct archive_scan){.until_ms = NOW, .limit = 9}, &last, "1 2 3"));
}

static void test_a_story_that_is_not_there_says_so(void **state)
{
    struct ledger *ledger = *state;
    struct archive *archive = ledger_archive(ledger);
    auto_error struct error error = {0};

    assert_null(archive->ops->get_event(archive, 9, &error));
    assert_non_null(strstr(error_text(&error), "event 9 is not in the ledger"));
    archive->ops->close(archive);
}

const struct stories archive_stories = STORIES(
    STORY(test_events_are_found_newest_first_by_what_they_are),
    STORY(test_events_are_found_by_what_became_of_them),
    STORY(test_events_are_found_by_words_of_theirs_and_of_their_objects),
    STORY(test_a_walk_goes_on_from_its_cursor), STORY(test_an_event_says_what_came_of_it),
    STORY(test_deliveries_are_found_newest_first_by_state_sink_and_time),
    STORY(test_a_delivery_says_why_it_waits_or_died), STORY(test_counts_are_those_of_the_journal),
    STORY(test_a_scan_shows_what_the_router_saw_and_decided),
    STORY(test_a_story_that_is_not_there_says_so));
