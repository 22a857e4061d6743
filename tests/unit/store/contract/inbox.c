/* What the inbox keeps, and who has read it. */
#include "../../cmocka_setup.h"

#include <stdio.h>
#include <string.h>

#include "contract.h"

/* What a walk showed: "3 2* 1", newest first, a star for what is read. */
struct shown {
    char words[256];
    char document[64]; /* of the last one */
    int64_t unread;
    struct archive_cursor cursor;
};

static void on_notification(const struct archive_notification *notification, void *arg)
{
    struct shown *shown = arg;
    size_t len = strlen(shown->words);

    snprintf(shown->words + len, sizeof shown->words - len, "%s%lld%s", len ? " " : "",
        (long long)notification->number, notification->is_read ? "*" : "");
    snprintf(shown->document, sizeof shown->document, "%s", notification->document);
}

static struct shown show(struct ledger *ledger, struct archive_notifications filter)
{
    struct archive *archive = ledger_archive(ledger);
    struct shown shown = {0};

    filter.limit = filter.limit ? filter.limit : 100;
    assert_true(archive->ops->find_notifications(
        archive, &filter, on_notification, &shown, &shown.cursor, &shown.unread, NULL));
    archive->ops->close(archive);
    return shown;
}

static void expect(struct ledger *ledger, const char *reader, const char *words, int64_t unread)
{
    struct shown shown = show(ledger, (struct archive_notifications){.reader = reader});

    assert_string_equal(shown.words, words);
    assert_int_equal(shown.unread, unread);
}

static struct settled settle_with(
    struct ledger *ledger, const struct claimed_row *head, enum store_result result)
{
    return settle_delivery(ledger, &(struct store_settle){.delivery = head->delivery,
                                       .claim = head->claim,
                                       .result = result,
                                       .at_ms = NOW,
                                       .due_ms = NOW,
                                       .notification = "{\"title\":\"x\"}"});
}

static store_id keep(struct ledger *ledger, const char *sink)
{
    store_id delivery = new_delivery(ledger, "", sink, 0, NOW);
    struct claimed_row head = claim_head(ledger, sink, NOW);

    assert_string_equal(settle_with(ledger, &head, STORE_DELIVERED).error, "");
    return delivery;
}

static void test_a_delivered_one_is_kept_once_and_no_other(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "", "bell", 0, NOW);
    struct claimed_row head = claim_head(ledger, "bell", NOW);
    settle_with(ledger, &head, STORE_RETRY);
    expect(ledger, "ada", "", 0);

    head = claim_head(ledger, "bell", NOW);
    settle_with(ledger, &head, STORE_DELIVERED);
    assert_true(settle_with(ledger, &head, STORE_DELIVERED).stale);
    new_delivery(ledger, "", "bell", 0, NOW);
    head = claim_head(ledger, "bell", NOW);
    settle_with(ledger, &head, STORE_DEAD);

    struct shown shown = show(ledger, (struct archive_notifications){.reader = "ada"});
    assert_string_equal(shown.words, "1");
    assert_string_equal(shown.document, "{\"title\":\"x\"}");
}

static void test_a_crash_before_the_outcome_keeps_it_once_all_the_same(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "", "bell", 0, NOW);
    claim_head(ledger, "bell", NOW);
    ledger_crash(ledger);
    struct claimed_row head = claim_head(ledger, "bell", NOW);
    settle_with(ledger, &head, STORE_DELIVERED);
    ledger_crash(ledger);

    expect(ledger, "ada", "1", 1);
    assert_int_equal(queue_length(ledger, "bell"), 0);
}

static void test_each_reader_has_marks_of_its_own(void **state)
{
    struct ledger *ledger = *state;
    const store_id second = 2, unknown = 77;

    for (int i = 0; i < 4; i++)
        keep(ledger, "bell");
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .ids = &second, .id_count = 1});
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .ids = &second, .id_count = 1});
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .ids = &unknown, .id_count = 1});
    mark_read(ledger, &(struct store_mark_read){.reader = "bob", .until = 3});
    ledger_close(ledger);
    ledger_open(ledger);

    expect(ledger, "ada", "4 3 2* 1", 3);
    expect(ledger, "bob", "4 3* 2* 1*", 1);
    expect(ledger, "eve", "4 3 2 1", 4);
}

static void test_what_comes_later_is_not_read_yet(void **state)
{
    struct ledger *ledger = *state;

    keep(ledger, "bell");
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .until = INT64_MAX});
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .until = 0});
    expect(ledger, "ada", "1*", 0);
    keep(ledger, "bell");
    expect(ledger, "ada", "2 1*", 1);
}

static void test_they_are_listed_by_sink_by_what_is_unread_and_in_pages(void **state)
{
    struct ledger *ledger = *state;
    const store_id third = 3;

    keep(ledger, "bell");
    keep(ledger, "desk");
    keep(ledger, "bell");
    keep(ledger, "bell");
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .ids = &third, .id_count = 1});

    struct shown of_sink =
        show(ledger, (struct archive_notifications){.reader = "ada", .sink = "bell"});
    assert_string_equal(of_sink.words, "4 3* 1");
    assert_int_equal(of_sink.unread, 2);
    struct shown unread =
        show(ledger, (struct archive_notifications){.reader = "ada", .only_unread = true});
    assert_string_equal(unread.words, "4 2 1");
    struct shown page = show(ledger, (struct archive_notifications){.reader = "ada", .limit = 2});
    assert_string_equal(page.words, "4 3*");
    assert_true(page.cursor.more);
    assert_int_equal(page.unread, 3);
    page = show(ledger,
        (struct archive_notifications){.reader = "ada", .limit = 2, .before = page.cursor.before});
    assert_string_equal(page.words, "2 1");
    assert_false(page.cursor.more);
}

static void test_they_go_with_their_event_and_numbers_are_not_used_again(void **state)
{
    struct ledger *ledger = *state;
    const store_id first = 1;

    keep(ledger, "bell");
    keep(ledger, "bell");
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .ids = &first, .id_count = 1});
    prune_all(ledger, NOW + 9 * DAY, DAY, DAY);
    expect(ledger, "ada", "", 0);
    keep(ledger, "bell");
    expect(ledger, "ada", "3", 1);
}

const struct stories inbox_stories = STORIES(STORY(test_a_delivered_one_is_kept_once_and_no_other),
    STORY(test_a_crash_before_the_outcome_keeps_it_once_all_the_same),
    STORY(test_each_reader_has_marks_of_its_own), STORY(test_what_comes_later_is_not_read_yet),
    STORY(test_they_are_listed_by_sink_by_what_is_unread_and_in_pages),
    STORY(test_they_go_with_their_event_and_numbers_are_not_used_again));
