#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "json_walk.h"
#include "render_host.h"
#include "teams_host.h"

#define LEVEL CARD ".body.0.items.1.inlines.0"

static void test_the_envelope_is_what_the_workflows_trigger_wants(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *envelope = rendered(*state, &message);

    assert_string_equal(json_text_at(envelope, "type"), "message");
    assert_int_equal(json_array_size(json_at(envelope, "attachments")), 1);
    assert_string_equal(json_text_at(envelope, "attachments.0.contentType"),
        "application/vnd.microsoft.card.adaptive");
    assert_string_equal(json_text_at(envelope, CARD ".type"), "AdaptiveCard");
    assert_string_equal(json_text_at(envelope, CARD ".version"), "1.4");
    assert_string_equal(json_text_at(envelope, CARD ".$schema"),
        "http://adaptivecards.io/schemas/adaptive-card.json");
    assert_string_equal(json_text_at(envelope, CARD ".msteams.width"), "Full");
    assert_non_null(strstr(json_text_at(envelope, "summary"), "Cobalt Strike beacon"));
    assert_non_null(strstr(json_text_at(envelope, CARD ".fallbackText"), "Cobalt Strike beacon"));
}

static void test_contentUrl_is_the_only_null(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *envelope = rendered(*state, &message);

    assert_true(json_is_null(json_at(envelope, "attachments.0.contentUrl")));
    json_object_del(json_at(envelope, "attachments.0"), "contentUrl");
    assert_false(json_has_null(envelope));
}

static void test_a_card_reads_as_a_person_would_want(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_string_equal(text, "Cobalt Strike beacon\n"
                              "Urgent 85 / 100\n"
                              " \xc2\xb7 alert created \xc2\xb7 2026-11-23 10:00 UTC\n"
                              "A beacon was seen.\n"
                              "It called home.\n"
                              "Isolate the host.\n"
                              "Status\nPending\n"
                              "Entity\nDMZ-01 (7.7.7.7)\n"
                              "Source\n10.0.0.7\n");
}

static void test_each_paragraph_stands_apart(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *envelope = rendered(*state, &message);

    assert_string_equal(json_text_at(envelope, CARD ".body.1.spacing"), "Medium");
    assert_string_equal(json_text_at(envelope, CARD ".body.2.spacing"), "None");
    assert_string_equal(json_text_at(envelope, CARD ".body.3.spacing"), "Medium");
}

static void test_the_link_is_a_button(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *envelope = rendered(*state, &message);

    assert_int_equal(json_array_size(json_at(envelope, CARD ".actions")), 1);
    assert_string_equal(json_text_at(envelope, CARD ".actions.0.type"), "Action.OpenUrl");
    assert_string_equal(json_text_at(envelope, CARD ".actions.0.title"), "Open alert");
    assert_string_equal(json_text_at(envelope, CARD ".actions.0.url"), message.link);
}

static void test_without_a_usable_link_there_is_no_button(void **state)
{
    auto_free char *endless = text_format("https://%0*d", MEGABYTE, 0);
    const char *const links[] = {NULL, "", "/sic/alerts/1", "javascript:alert(1)", endless};

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct tocsin_message message = message_example();
        message.link = links[i];
        auto_json json_t *envelope = rendered(*state, &message);
        assert_null(json_at(envelope, CARD ".actions"));
    }
}

static void test_the_button_names_what_it_opens(void **state)
{
    static const char *const rows[][2] = {{"alert", "Open alert"}, {"alert-comment", "Open alert"},
        {"case", "Open case"}, {"content-proposal", "Open"}, {"tocsin", "Open"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = message_example();
        message.type = rows[i][0];
        auto_json json_t *envelope = rendered(*state, &message);
        assert_string_equal(json_text_at(envelope, CARD ".actions.0.title"), rows[i][1]);
    }
}

static void test_the_level_colours_the_card_and_is_said(void **state)
{
    static const struct {
        uint32_t level;
        const char *style, *color, *words;
    } rows[] = {{TOCSIN_INFO, "emphasis", "Default", "Info 85 / 100"},
        {TOCSIN_LOW, "accent", "Accent", "Low 85 / 100"},
        {TOCSIN_MEDIUM, "warning", "Warning", "Medium 85 / 100"},
        {TOCSIN_HIGH, "warning", "Warning", "High 85 / 100"},
        {TOCSIN_URGENT, "attention", "Attention", "Urgent 85 / 100"},
        {77, "attention", "Attention", "Urgent 85 / 100"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = message_example();
        message.level = rows[i].level;
        auto_json json_t *envelope = rendered(*state, &message);
        assert_string_equal(json_text_at(envelope, CARD ".body.0.style"), rows[i].style);
        assert_string_equal(json_text_at(envelope, LEVEL ".color"), rows[i].color);
        assert_string_equal(json_text_at(envelope, LEVEL ".text"), rows[i].words);
    }
}

static void test_an_unknown_urgency_leaves_the_level(void **state)
{
    struct tocsin_message message = message_example();
    message.level = TOCSIN_HIGH;
    message.urgency = -1;
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);
    auto_free char *toast = escape_like_host(TOCSIN_TEAMS, "[HIGH] Cobalt Strike beacon");

    assert_non_null(strstr(text, "High\n \xc2\xb7 alert created \xc2\xb7 2026-11-23"));
    assert_string_equal(json_text_at(envelope, "summary"), toast);
}

static void test_each_mark_is_said(void **state)
{
    static const struct {
        uint32_t mark;
        const char *words;
    } rows[] = {{TOCSIN_REPEAT, "Possible repeat"}, {TOCSIN_NOT_ENRICHED, "Not enriched"},
        {TOCSIN_FALLBACK, "Fallback"}};

    for (uint32_t marks = 0; marks < 8; marks++) {
        struct tocsin_message message = message_example();
        message.marks = marks;
        auto_json json_t *envelope = rendered(*state, &message);
        auto_free char *text = visible_text(envelope);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            assert_int_equal(strstr(text, rows[i].words) != NULL, (marks & rows[i].mark) != 0);
    }
}

static void test_a_bare_message_is_whole(void **state)
{
    struct tocsin_message message = message_example();
    message.text = message.text_plain = message.action = message.thread = "";
    message.link = NULL;
    message.facts = NULL;
    message.fact_count = 0;
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_string_equal(text, "Cobalt Strike beacon\n"
                              "Urgent 85 / 100\n"
                              " \xc2\xb7 alert \xc2\xb7 2026-11-23 10:00 UTC\n");
}

/* Where an attacker's text may stand as it is, and where only escaped. */
struct hostile_places {
    const char *text;
    size_t runs;
};

static void on_hostile_string(
    const json_t *holder, const char *name, const char *text, void *context)
{
    struct hostile_places *places = context;
    const char *type = json_string_value(json_object_get(holder, "type"));

    if (strstr(text, places->text)) {
        assert_string_equal(name, "text");
        assert_string_equal(type, "TextRun");
        places->runs++;
    }
}

static void test_hostile_texts_stand_in_plain_runs_only(void **state)
{
    static const char *const hostile[] = {"**bold** _it_ [click](https://evil.example)",
        "# heading", "- list", "![i](https://evil.example/x.png)", "<b>html</b>", "`code`",
        "\"},{\"type\":\"TextBlock\",\"text\":\"x"};

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct tocsin_message message = message_example();
        struct tocsin_fact fact = {hostile[i], hostile[i]};
        auto_free char *escaped = as_value(hostile[i]);
        message.text = escaped;
        message.title = message.text_plain = hostile[i];
        message.type = message.action = message.rule = message.hook = hostile[i];
        message.facts = &fact;
        message.fact_count = 1;
        auto_json json_t *envelope = rendered(*state, &message);
        struct hostile_places places = {.text = hostile[i]};
        json_visit_strings(envelope, on_hostile_string, &places);
        /* Title, origin, text, label and value. */
        assert_int_equal(places.runs, 5);
    }
}

static void on_any_string(const json_t *holder, const char *name, const char *text, void *context)
{
    (void)holder;
    (void)name;
    (void)context;
    assert_null(strstr(text, "{{"));
    assert_null(strcasestr(text, "<at>"));
    assert_null(strcasestr(text, "</at>"));
}

static void test_date_functions_and_mentions_are_broken_up(void **state)
{
    static const char hostile[] = "{{{DATE(2026-11-23T10:00:00Z,SHORT)}}} <at>Boss</at> <AT>x</AT>";
    struct tocsin_message message = message_example();
    struct tocsin_fact fact = {hostile, hostile};

    message.title = message.text = message.text_plain = message.type = hostile;
    message.facts = &fact;
    message.fact_count = 1;
    auto_json json_t *envelope = rendered(*state, &message);
    json_visit_strings(json_at(envelope, CARD ".body"), on_any_string, NULL);
    auto_free char *text = visible_text(envelope);
    assert_non_null(strstr(text, "DATE(2026-11-23T10:00:00Z,SHORT)"));
}

static void test_huge_messages_stay_under_the_budget(void **state)
{
    /* A letter, a letter of three bytes, an emoji, what JSON doubles, what it makes six bytes of,
     * short lines, blank lines, what has to be broken up, and Markdown of all kinds. */
    static const char *const units[] = {"x", "\xe4\xb8\xad", "\xf0\x9f\x94\xa5", "\"\\", "\x01",
        "ab\n", "\n", "a\n\n\r\n", "{{", "<at>", "**x** ", "_x_ **y**", "[t](https://x.example/) ",
        "- x\n", "\\*", "*", "["};
    static const char *const resumes[] = {NULL, "smaller"};

    for (size_t i = 0; i < 2 * sizeof units / sizeof *units; i++) {
        auto_free char *huge = repeated(units[i / 2], MEGABYTE);
        static struct tocsin_fact facts[5000];
        struct tocsin_message message = message_example();
        auto_free char *link = text_format("https://example.org/%01970d", 0);
        for (size_t j = 0; j < 5000; j++)
            facts[j] = (struct tocsin_fact){huge, huge};
        message.title = message.type = message.action = huge;
        message.text = message.text_plain = huge;
        message.facts = facts;
        message.fact_count = 5000;
        message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
        message.link = link;
        message.resume = resumes[i % 2];
        const struct tocsin_request *request = render_host_render(*state, &message);
        assert_true(request->body_len <= (i % 2 ? BUDGET / 2 : BUDGET));
        auto_json json_t *envelope = json_parse(request->body, request->body_len);
        assert_non_null(json_at(envelope, CARD ".body.2"));
        assert_string_equal(json_text_at(envelope, CARD ".actions.0.url"), link);
    }
}

static void test_a_huge_text_is_cut_and_leaves_the_facts(void **state)
{
    auto_free char *huge = repeated("\xe4\xb8\xad\xe6\x96\x87", MEGABYTE);
    struct tocsin_message message = message_example();
    message.text = message.text_plain = huge;
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_non_null(strstr(text, ELLIPSIS "\nStatus\nPending\n"));
    assert_non_null(strstr(text, "10.0.0.7"));
    assert_null(strstr(text, "more facts"));
    /* It is cut no shorter than the budget asks. */
    assert_true(strlen(text) > BUDGET * 8 / 10);
}

static void test_as_much_of_a_text_is_shown_as_the_plugin_says(void **state)
{
    auto_free char *whole = repeated("x", render_host_plugin(*state)->max_text);
    struct tocsin_message message = message_example();
    message.text = message.text_plain = whole;
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_non_null(strstr(text, whole));
}

static void test_of_too_many_facts_the_last_ones_go(void **state)
{
    auto_free char *value = repeated("value ", 300);
    struct tocsin_fact facts[60];
    struct tocsin_message message = message_example();
    facts[0] = (struct tocsin_fact){"First", "kept"};
    for (size_t i = 1; i < 60; i++)
        facts[i] = (struct tocsin_fact){i == 59 ? "Last" : "Middle", value};
    message.facts = facts;
    message.fact_count = 60;
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_non_null(strstr(text, "Isolate the host.\nFirst\nkept\n"));
    assert_null(strstr(text, "Last"));
    assert_non_null(strstr(text, "more facts"));
}

static void test_text_of_any_length_ends_where_it_ends_or_with_an_ellipsis(void **state)
{
    for (size_t lines = 60; lines < 260; lines += 1) {
        auto_buf struct buf whole = {0};
        for (size_t i = 0; i < lines; i++)
            buf_printf(&whole, "line %zu of the text\n", i);
        buf_puts(&whole, "the end");
        struct tocsin_message message = message_example();
        message.text = message.text_plain = buf_text(&whole);
        message.fact_count = 0;
        auto_json json_t *envelope = rendered(*state, &message);
        auto_free char *text = visible_text(envelope);
        size_t len = strlen(text);
        bool ends = strcmp(text + len - strlen("the end\n"), "the end\n") == 0;
        bool is_cut = strcmp(text + len - strlen(ELLIPSIS "\n"), ELLIPSIS "\n") == 0;
        assert_true(ends != is_cut);
        assert_null(strstr(text, ELLIPSIS "\n" ELLIPSIS));
    }
}

static void test_invalid_utf8_loses_no_message(void **state)
{
    struct tocsin_message message = message_example();
    message.title = "caf\xe9 breach";
    message.text = message.text_plain = "\xff\xfe";
    message.link = "https://example.org/\xe9";
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_non_null(strstr(text, "caf? breach"));
    assert_null(json_at(envelope, CARD ".actions"));
}

static void test_what_the_plugin_says_of_itself(void **state)
{
    const struct tocsin_sink_plugin *plugin = render_host_plugin(*state);

    assert_string_equal(plugin->name, "teams");
    assert_int_equal(plugin->flavour, TOCSIN_TEAMS);
    assert_string_equal(plugin->rate, "1/s");
    assert_int_equal(plugin->options[0].type, TOCSIN_SECRET);
    assert_int_equal(plugin->options[0].flags, TOCSIN_REQUIRED | TOCSIN_URL);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, teams_set_up, teams_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_the_envelope_is_what_the_workflows_trigger_wants),
        STORY(test_contentUrl_is_the_only_null),
        STORY(test_a_card_reads_as_a_person_would_want),
        STORY(test_each_paragraph_stands_apart),
        STORY(test_the_link_is_a_button),
        STORY(test_without_a_usable_link_there_is_no_button),
        STORY(test_the_button_names_what_it_opens),
        STORY(test_the_level_colours_the_card_and_is_said),
        STORY(test_an_unknown_urgency_leaves_the_level),
        STORY(test_each_mark_is_said),
        STORY(test_a_bare_message_is_whole),
        STORY(test_hostile_texts_stand_in_plain_runs_only),
        STORY(test_date_functions_and_mentions_are_broken_up),
        STORY(test_huge_messages_stay_under_the_budget),
        STORY(test_a_huge_text_is_cut_and_leaves_the_facts),
        STORY(test_as_much_of_a_text_is_shown_as_the_plugin_says),
        STORY(test_of_too_many_facts_the_last_ones_go),
        STORY(test_text_of_any_length_ends_where_it_ends_or_with_an_ellipsis),
        STORY(test_invalid_utf8_loses_no_message),
        STORY(test_what_the_plugin_says_of_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
