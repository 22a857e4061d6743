#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/utf8.h"
#include "event/event.h"
#include "event/facts.h"
#include "event/view.h"
#include "message/message.h"

#define NOT_LOOKED_UP(object)                                                                      \
    "The " object " could not be looked up; what follows is what the event itself said."

/* With the look-up's answer, NULL for none tried, "failed" for one that failed. */
static struct message *message_by(
    const char *rule, const char *text, const char *name, const char *answer, enum flavour flavour)
{
    auto_error struct error error = {0};
    struct view_context context = {.event_id = "e-1",
        .hook = "soc",
        .app_url = "https://app.example",
        .accepted_ms = 1789000000000,
        .levels = {.urgent = 80, .high = 75, .medium = 50, .low = 1}};
    struct event *event = event_parse(text, strlen(text), &error);
    assert_non_null(event);
    auto_json json_t *object =
        answer && strcmp(answer, "failed") != 0 ? json_loads(answer, JSON_DECODE_ANY, NULL) : NULL;
    struct enrichment enrichment = {.name = name, .object = object};
    struct view *view = view_create(event, &enrichment, answer ? 1 : 0, &context);

    const struct message_order order = {.flavour = flavour, .rule = rule};
    struct message *message = message_create(view, &order);
    view_destroy(view);
    event_destroy(event);
    return message;
}

static struct message *message_of(
    const char *text, const char *name, const char *answer, enum flavour flavour)
{
    return message_by("the rule", text, name, answer, flavour);
}

static void assert_reads(
    const char *text, const char *name, const char *answer, const char *title, const char *expected)
{
    struct message *message = message_of(text, name, answer, FLAVOUR_PLAIN);

    assert_string_equal(message->title, title);
    assert_string_equal(message->text_plain, expected);
    assert_string_equal(message->text, expected);
    message_destroy(message);
}

static const char alert[] =
    "{\"title\":\"Brute force\",\"description\":\"Many tries.\",\"short_id\":\"ALx\",\"urgency\":"
    "{\"current_value\":85,\"display\":\"Urgent\"},\"status\":{\"name\":\"Pending\"}}";

static void test_an_alert_reads_like_one(void **state)
{
    (void)state;
    struct message *message = message_of(
        "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"short_id\":\"ALx\"}}",
        "alert", alert, FLAVOUR_MARKDOWN);

    assert_string_equal(message->title, "Brute force");
    assert_string_equal(message->text_plain, "Many tries.");
    assert_string_equal(message->text, "Many tries\\.");
    assert_string_equal(message->link, "https://app.example/operations/alerts/ALx");
    assert_int_equal(message->level, LEVEL_URGENT);
    assert_int_equal(message->urgency, 85);
    assert_int_equal(message->facts->count, 4);
    assert_string_equal(message->facts->items[0].label, "Urgency");
    assert_string_equal(message->facts->items[0].value, "85 / 100 (Urgent)");
    assert_string_equal(message->facts->items[3].label, "Alert");
    message_destroy(message);
}

static void test_an_update_begins_with_what_changed(void **state)
{
    static const struct {
        const char *updated, *text;
    } rows[] = {
        {"{\"status\":\"s\",\"status_name\":\"Acknowledged\"}", "Status is now Acknowledged."},
        {"{\"status\":\"s\"}", "Status is now Pending."},
        {"{\"dynamic_urgency_value\":20}", "Urgency is now 20."},
        {"{\"similar\":150}", "150 occurrences so far."},
        {"{\"similar\":1}", "1 occurrence so far."},
        {"{\"similar\":[]}", "It occurred again."},
        {"{\"status_name\":\"Closed\",\"similar\":\"2\"}",
            "Status is now Closed. 2 occurrences so far."},
        {"{\"title\":\"Brute force\",\"assignees\":[],\"similar\":3}",
            "3 occurrences so far. Changed: title, assignees."},
        {"{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0}",
            "Changed: 1, 2, 3, 4, 5, 6, 7, 8 and more."},
        {"null", "The alert was updated."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_buf struct buf text = {0}, expected = {0};
        buf_printf(&text,
            "{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"updated\":%s}}",
            rows[i].updated);
        buf_printf(&expected, "%s\n\nMany tries.", rows[i].text);
        assert_reads(buf_text(&text), "alert", alert, "Brute force", buf_text(&expected));
    }
}

static void test_other_events_of_an_alert(void **state)
{
    (void)state;
    assert_reads(
        "{\"type\":\"alert\",\"action\":\"deleted\",\"attributes\":{\"short_id\":\"ALx\"}}",
        "alert", NULL, "Alert ALx deleted", "The alert was deleted.");
    assert_reads("{\"type\":\"alert\",\"action\":\"merged\\n@all\"}", "alert", "{\"title\":\"t\"}",
        "t", "Action: merged @all.");
    assert_reads("{\"type\":\"alert\"}", "alert", "{}", "the rule", "");
    assert_reads("{\"type\":\"alert-comment\",\"action\":\"created\",\"attributes\":{\"content\":"
                 "\"a false\\npositive\",\"alert_uuid\":\"u\",\"alert_short_id\":\"ALx\"}}",
        "alert", alert, "Brute force", "Comment: a false\npositive");
    assert_reads("{\"type\":\"alert-comment\",\"action\":\"created\",\"attributes\":{"
                 "\"alert_short_id\":\"ALx\"}}",
        "alert", alert, "Brute force", "A comment was added.");
    assert_reads("{\"type\":\"alert-comment\",\"action\":\"deleted\",\"attributes\":{"
                 "\"alert_short_id\":\"ALx\"}}",
        "alert", NULL, "Comment on alert ALx", "The comment was deleted.");
}

static void test_a_case_reads_like_one(void **state)
{
#define CASE "\"short_id\":\"CA1\",\"title\":\"Phishing\",\"priority\":\"medium\""
    (void)state;
    assert_reads("{\"type\":\"case\",\"action\":\"created\",\"attributes\":{" CASE "}}", "case",
        "{\"description\":\"Mails to the board.\"}", "Phishing", "Mails to the board.");
    assert_reads("{\"type\":\"case\",\"action\":\"updated\",\"attributes\":{" CASE
                 ",\"updated\":{\"tags\":[\"x\"],\"verdict_uuid\":null}}}",
        "case", "{}", "Phishing", "Changed: tags, verdict.");
    assert_reads("{\"type\":\"case\",\"action\":\"alerts-updated\",\"attributes\":{" CASE
                 ",\"updated\":{\"added_alerts_uuid\":[\"a\"],\"deleted_alerts_uuid\":[\"b\",\"c\"]"
                 "}}}",
        "case", "{}", "Phishing", "1 alert added, 2 removed.");
    assert_reads("{\"type\":\"case\",\"action\":\"alerts-updated\",\"attributes\":{" CASE
                 ",\"updated\":{\"added_alerts_uuid\":[\"a\",\"b\"]}}}",
        "case", "{}", "Phishing", "2 alerts added.");
    assert_reads("{\"type\":\"case\",\"action\":\"alerts-updated\",\"attributes\":{" CASE "}}",
        "case", "{}", "Phishing", "Its alerts changed.");
    assert_reads("{\"type\":\"case\",\"action\":\"created\",\"attributes\":{" CASE "}}", "case",
        "failed", "Phishing", NOT_LOOKED_UP("case"));
}

static void test_a_content_proposal_reads_like_one(void **state)
{
    static const char posted[] =
        "{\"type\":\"content-proposal\",\"action\":\"created\",\"attributes\":{\"uuid\":\"p\"}}";

    (void)state;
    assert_reads(
        posted, "proposal", "{\"name\":\"FLINT 1\",\"description\":\"News.\"}", "FLINT 1", "News.");
    assert_reads(posted, "proposal", "{\"name\":\"FLINT 1\",\"description\":\"\"}", "FLINT 1",
        "A content proposal was created.");
    assert_reads(posted, "proposal", "failed", "the rule",
        NOT_LOOKED_UP("content proposal") "\n\nA content proposal was created.");
}

static void test_other_types_are_named(void **state)
{
    (void)state;
    assert_reads("{\"type\":\"playbook\",\"action\":\"failed\",\"attributes\":{\"n\":1}}", "x",
        NULL, "playbook failed", "");
    assert_reads("{\"type\":\"\\u0007\"}", "x", NULL, "event", "");
    assert_reads("{\"type\":\"ticket\"}", "ticket", "failed", "ticket", NOT_LOOKED_UP("ticket"));
}

static void test_a_failed_look_up_is_said_first(void **state)
{
    (void)state;
    assert_reads("{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"short_id\":\"ALx\","
                 "\"updated\":{\"status_name\":\"Closed\"}}}",
        "alert", "failed", "Alert ALx updated", NOT_LOOKED_UP("alert") "\n\nStatus is now Closed.");
}

static void test_a_hostile_title_is_one_plain_line(void **state)
{
    (void)state;
    assert_reads("{\"type\":\"alert\",\"action\":\"created\"}", "alert",
        "{\"title\":\" \\u202e@channel\\r\\n# [x](javascript:1)\\u0007\\u0085{{DATE(x)}} \"}",
        "@channel # [x](javascript:1) {{DATE(x)}}", "");
}

static void test_a_rule_whose_name_is_not_seen_gives_no_title(void **state)
{
    static const char *const names[] = {NULL, "", "\u200e", " \x07\n"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct message *message = message_by(
            names[i], "{\"type\":\"alert\",\"action\":\"created\"}", NULL, NULL, FLAVOUR_PLAIN);
        assert_string_equal(message->title, "alert created");
        message_destroy(message);
    }
}

static void test_long_texts_are_cut_on_whole_characters(void **state)
{
    auto_buf struct buf answer = {0};

    (void)state;
    buf_puts(&answer, "{\"title\":\"");
    for (int i = 0; i < 20000; i++)
        buf_puts(&answer, "\xc3\xa9");
    buf_puts(&answer, "\",\"details\":\"");
    for (int i = 0; i < 20000; i++)
        buf_puts(&answer, "\xc3\xa9");
    buf_puts(&answer, "\"}");
    struct message *message =
        message_of("{\"type\":\"alert\"}", "alert", buf_text(&answer), FLAVOUR_PLAIN);
    assert_int_equal(utf8_count(message->title), 512);
    assert_int_equal(utf8_count(message->text), 2001); /* and the ellipsis */
    assert_true(utf8_is_valid(message->text, strlen(message->text)));
    message_destroy(message);
}

/* Nulls, wrong types and empty lists, at each place that a message reads. */
static void test_odd_answers_make_a_message_all_the_same(void **state)
{
    static const char *const values[] = {
        "null", "[]", "{}", "0", "true", "\"\"", "\" \"", "[null]", "{\"name\":null}", "-1.5"};
    static const char *const types[] = {
        "alert", "alert-comment", "case", "content-proposal", "other"};
    static const char *const objects[] = {"alert", "alert", "case", "proposal", "other"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (size_t j = 0; j < sizeof types / sizeof *types; j++) {
            const char *v = values[i];
            auto_buf struct buf posted = {0}, answer = {0};
            buf_printf(&posted,
                "{\"type\":\"%s\",\"action\":%s,\"attributes\":{\"uuid\":%s,\"short_id\":%s,"
                "\"updated\":%s,\"content\":%s,\"title\":%s},\"metadata\":%s}",
                types[j], v, v, v, v, v, v, v);
            buf_printf(&answer,
                "{\"title\":%s,\"name\":%s,\"urgency\":%s,\"status\":%s,\"entity\":%s,\"source\":%s"
                ",\"rule\":%s,\"alert_type\":%s,\"similar\":%s,\"first_seen_at\":%s,\"details\":%s,"
                "\"short_id\":%s,\"priority\":%s,\"custom_priority\":%s}",
                v, v, v, v, v, v, v, v, v, v, v, v, v, v);
            struct message *message =
                message_of(buf_text(&posted), objects[j], buf_text(&answer), FLAVOUR_TEAMS);
            assert_true(strlen(message->title) > 0);
            message_destroy(message);
            message_destroy(message_of(buf_text(&posted), objects[j], v, FLAVOUR_HTML));
            message_destroy(message_of(buf_text(&posted), objects[j], "failed", FLAVOUR_MRKDWN));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_alert_reads_like_one),
        cmocka_unit_test(test_an_update_begins_with_what_changed),
        cmocka_unit_test(test_other_events_of_an_alert),
        cmocka_unit_test(test_a_case_reads_like_one),
        cmocka_unit_test(test_a_content_proposal_reads_like_one),
        cmocka_unit_test(test_other_types_are_named),
        cmocka_unit_test(test_a_failed_look_up_is_said_first),
        cmocka_unit_test(test_a_hostile_title_is_one_plain_line),
        cmocka_unit_test(test_a_rule_whose_name_is_not_seen_gives_no_title),
        cmocka_unit_test(test_long_texts_are_cut_on_whole_characters),
        cmocka_unit_test(test_odd_answers_make_a_message_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
