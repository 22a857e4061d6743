#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "json_walk.h"
#include "render_host.h"

/* One literal: clang-tidy takes joined ones in a list for a forgotten comma. */
#define URL_OPTION "url=https://hooks.slack.com/services/T012AB3CD/B045EF6GH/x7Zq"
#define BAR "attachments.0"
#define ELLIPSIS "\xe2\x80\xa6"
#define LETTERS_50 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"

enum {
    MAX_ALL = 13200,
    MAX_SECTION = 3000,
    MAX_FIELD = 2000,
    MAX_HEADER = 150,
};

#define HOST(...)                                                                                  \
    render_host_create(getenv("TOCSIN_PLUGIN"), (const char *const[]){__VA_ARGS__, NULL})

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static int set_up(void **state)
{
    *state = HOST(URL_OPTION);
    return 0;
}

static int tear_down(void **state)
{
    render_host_destroy(*state);
    return 0;
}

static json_t *rendered(struct render_host *host, const struct tocsin_message *message)
{
    const struct tocsin_request *request = render_host_render(host, message);

    return json_parse(request->body, request->body_len);
}

/* UTF-16 units. */
static size_t units(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        count += (byte & 0xc0) == 0x80 ? 0 : (byte >= 0xf0 ? 2 : 1);
    }
    return count;
}

static size_t assert_text(const json_t *text, size_t longest)
{
    size_t count = units(json_text_at(text, "text"));

    assert_in_range(count, 1, longest);
    return count;
}

/* Checks every text of a list of blocks against its limit; the sum of them. */
static size_t assert_blocks(const json_t *blocks)
{
    size_t all = 0, i, k;
    json_t *block, *part;

    assert_true(json_is_array(blocks));
    assert_in_range(json_array_size(blocks), 1, 50);
    json_array_foreach (blocks, i, block) {
        const char *type = json_text_at(block, "type");
        if (json_object_get(block, "text"))
            all += assert_text(json_object_get(block, "text"),
                strcmp(type, "header") == 0 ? MAX_HEADER : MAX_SECTION);
        assert_in_range(json_array_size(json_object_get(block, "fields")), 0, 10);
        json_array_foreach (json_object_get(block, "fields"), k, part)
            all += assert_text(part, MAX_FIELD);
        json_array_foreach (json_object_get(block, "elements"), k, part)
            all += strcmp(type, "context") == 0 ? assert_text(part, MAX_SECTION)
                                                : assert_text(json_object_get(part, "text"), 75);
    }
    return all;
}

static void assert_slack_takes(const json_t *payload)
{
    size_t all = assert_blocks(json_at(payload, "blocks"));

    all += assert_blocks(json_at(payload, BAR ".blocks"));
    assert_in_range(all, 1, MAX_ALL);
    assert_false(json_has_null(payload));
}

static void test_a_message_reads_as_a_person_would_want(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *payload = rendered(*state, &message);

    assert_slack_takes(payload);
    assert_string_equal(json_text_at(payload, "text"), "[URGENT 85] Cobalt Strike beacon");
    assert_string_equal(json_text_at(payload, "blocks.0.type"), "header");
    assert_string_equal(json_text_at(payload, "blocks.0.text.type"), "plain_text");
    assert_string_equal(
        json_text_at(payload, "blocks.0.text.text"), "[URGENT 85] Cobalt Strike beacon");
    assert_int_equal(json_array_size(json_at(payload, "blocks")), 1);
    assert_string_equal(json_text_at(payload, BAR ".color"), "#D32F2F");
    assert_string_equal(json_text_at(payload, BAR ".blocks.0.text.type"), "mrkdwn");
    assert_string_equal(json_text_at(payload, BAR ".blocks.0.text.text"), message.text);
    assert_string_equal(json_text_at(payload, BAR ".blocks.1.fields.0.text"), "*Status*\nPending");
    assert_string_equal(json_text_at(payload, BAR ".blocks.2.elements.0.text.text"), "Open alert");
    assert_string_equal(json_text_at(payload, BAR ".blocks.2.elements.0.url"), message.link);
    assert_string_equal(json_text_at(payload, BAR ".blocks.3.elements.0.text"),
        "alert created \xc2\xb7 Urgency 85 / 100 \xc2\xb7 2026-11-23 10:00 UTC");
    assert_true(json_is_false(json_at(payload, "unfurl_links")));
}

static void test_what_is_not_there_leaves_no_block(void **state)
{
    struct tocsin_message message = message_example();
    message.text = message.text_plain = "";
    message.link = NULL;
    message.facts = NULL;
    message.fact_count = 0;
    auto_json json_t *payload = rendered(*state, &message);

    assert_slack_takes(payload);
    assert_int_equal(json_array_size(json_at(payload, BAR ".blocks")), 1);
    assert_string_equal(json_text_at(payload, BAR ".blocks.0.type"), "context");
}

static void test_the_level_gives_the_colour(void **state)
{
    static const struct {
        uint32_t level;
        const char *color;
    } rows[] = {{TOCSIN_INFO, "#607D8B"}, {TOCSIN_LOW, "#1976D2"}, {TOCSIN_MEDIUM, "#FBC02D"},
        {TOCSIN_HIGH, "#F57C00"}, {TOCSIN_URGENT, "#D32F2F"}, {9, "#D32F2F"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = message_example();
        message.level = rows[i].level;
        auto_json json_t *payload = rendered(*state, &message);
        assert_string_equal(json_text_at(payload, BAR ".color"), rows[i].color);
    }
}

static void test_a_mention_stands_alone_and_from_its_level_on(void **state)
{
    struct render_host *host =
        HOST(URL_OPTION, "mention=<!here> <@U012AB3CD>", "mention_level=high");
    struct tocsin_message message = message_example();
    auto_json json_t *urgent = rendered(host, &message);
    message.level = TOCSIN_MEDIUM;
    auto_json json_t *medium = rendered(host, &message);

    (void)state;
    assert_slack_takes(urgent);
    assert_string_equal(json_text_at(urgent, "blocks.0.text.text"), "<!here> <@U012AB3CD>");
    assert_string_equal(json_text_at(urgent, "blocks.0.text.type"), "mrkdwn");
    assert_string_equal(json_text_at(medium, "blocks.0.type"), "header");
    render_host_destroy(host);
}

/* A text of len bytes that repeats the pattern, whole ones only. */
static char *repeated(const char *pattern, size_t len)
{
    struct buf text = {0};

    while (text.len + strlen(pattern) <= len)
        buf_puts(&text, pattern);
    buf_text(&text);
    return text.data;
}

static void test_everything_too_long_at_once_is_taken(void **state)
{
    static const char *const patterns[] = {
        "a", "\xf0\x9f\x94\xa5", "&amp;", "*_~`<>&\n", "\xc3\xa9 "};

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        auto_free char *big = repeated(patterns[i], 40000);
        const struct tocsin_fact fact = {big, big};
        struct tocsin_fact facts[60];
        struct tocsin_message message = message_example();
        for (size_t k = 0; k < sizeof facts / sizeof *facts; k++)
            facts[k] = fact;
        message.title = message.text = message.text_plain = message.type = big;
        message.facts = facts;
        message.fact_count = sizeof facts / sizeof *facts;
        message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
        auto_json json_t *payload = rendered(*state, &message);
        assert_slack_takes(payload);
        assert_non_null(strstr(json_text_at(payload, "blocks.0.text.text"), ELLIPSIS));
    }
}

static void test_a_title_that_is_cut_stands_below_as_well(void **state)
{
    struct tocsin_message message = message_example();
    message.title = LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50;
    auto_json json_t *payload = rendered(*state, &message);

    assert_slack_takes(payload);
    assert_string_equal(json_text_at(payload, "blocks.1.text.text"), message.title);
    assert_string_equal(json_text_at(payload, "blocks.1.text.type"), "plain_text");
}

static const char *text_block(const json_t *payload, size_t index)
{
    return json_text_at(json_array_get(json_at(payload, BAR ".blocks"), index), "text.text");
}

static void test_a_long_text_goes_on_in_a_second_section(void **state)
{
    auto_free char *line = repeated("word ", 1900), *text = NULL;
    struct buf all = {0};
    struct tocsin_message message = message_example();

    buf_printf(&all, "%s\n%s\n%s\n%s", line, line, line, line);
    text = all.data;
    message.text = text;
    auto_json json_t *payload = rendered(*state, &message);

    assert_slack_takes(payload);
    assert_string_equal(text_block(payload, 0), line);
    assert_non_null(strstr(text_block(payload, 1), ELLIPSIS));
}

static void test_no_link_and_no_entity_is_parted(void **state)
{
    static const char link[] = "<https://example.org/a|all of it>", entity[] = "&amp;";
    auto_free char *padding = repeated("a", MAX_SECTION - 20);

    for (size_t shift = 0; shift < 30; shift++) {
        auto_buf struct buf text = {0};
        struct tocsin_message message = message_example();
        buf_printf(&text, "%s%s%.*s%s rest", padding, shift % 2 ? entity : "", (int)shift, padding,
            shift % 3 ? link : entity);
        message.text = text.data;
        auto_json json_t *payload = rendered(*state, &message);
        assert_slack_takes(payload);
        const char *first = text_block(payload, 0), *open = strrchr(first, '<');
        const char *amp = strrchr(first, '&');
        assert_true(!open || strchr(open, '>'));
        assert_true(!amp || strchr(amp, ';'));
    }
}

static void test_untrusted_texts_are_escaped_or_plain(void **state)
{
    static const struct tocsin_fact facts[] = {{"*label*", "<!channel> *v*"}};
    struct tocsin_message message = message_example();
    message.title = "<!channel> *boom* <https://evil.example|x>";
    message.facts = facts;
    message.fact_count = 1;
    auto_free char *title = escape_like_host(TOCSIN_MRKDWN, "[URGENT 85] <!channel> *boom* "
                                                            "<https://evil.example|x>");
    auto_free char *label = escape_like_host(TOCSIN_MRKDWN, facts[0].label);
    auto_free char *value = escape_like_host(TOCSIN_MRKDWN, facts[0].value);
    auto_buf struct buf field = {0};
    auto_json json_t *payload = rendered(*state, &message);

    buf_printf(&field, "*%s*\n%s", label, value);
    assert_string_equal(json_text_at(payload, "text"), title);
    assert_string_equal(json_text_at(payload, "blocks.0.text.type"), "plain_text");
    assert_string_equal(json_text_at(payload, BAR ".blocks.1.fields.0.text"), field.data);
}

static void test_each_word_of_slack_is_judged(void **state)
{
    static const struct {
        uint32_t status, result;
        const char *body;
        const char *reason; /* its beginning */
    } rows[] = {
        {200, TOCSIN_DELIVERED, "ok", NULL},
        {200, TOCSIN_UNUSABLE, "<html>login</html>", "200, but not Slack's \"ok\""},
        {204, TOCSIN_UNUSABLE, "", "204, but not"},
        {200, TOCSIN_REJECTED, "no_text", "200 no_text"},
        {400, TOCSIN_REJECTED, "invalid_payload", "400 invalid_payload"},
        {400, TOCSIN_AGAIN, "invalid_blocks", "400 invalid_blocks"},
        {400, TOCSIN_AGAIN, "invalid_attachments\n", "400 invalid_attachments"},
        {400, TOCSIN_UNUSABLE, "user_not_found", "400 user_not_found: who the webhook"},
        {403, TOCSIN_UNUSABLE, "action_prohibited", "403 action_prohibited: an administrator"},
        {403, TOCSIN_UNUSABLE, "invalid_token", "403 invalid_token: make a new"},
        {404, TOCSIN_UNUSABLE, "no_service", "404 no_service: the webhook was removed"},
        {404, TOCSIN_UNUSABLE, "channel_not_found", "404 channel_not_found: "},
        {410, TOCSIN_UNUSABLE, "channel_is_archived", "410 channel_is_archived: "},
        {429, TOCSIN_RETRY, "rate_limited", "429 rate_limited"},
        {500, TOCSIN_RETRY, "rollup_error", "500 rollup_error"},
        {503, TOCSIN_RETRY, "<html>busy</html>", "the host's own words"},
        {400, TOCSIN_REJECTED, "something new", "the host's own words"},
        {302, TOCSIN_UNUSABLE, "", "the host's own words"},
    };
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, rows[i].status, NULL, rows[i].body);
        assert_int_equal(outcome->result, rows[i].result);
        if (rows[i].reason)
            assert_memory_equal(outcome->reason, rows[i].reason, strlen(rows[i].reason));
    }
}

static void test_blocks_that_are_refused_go_once_more_as_text(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome =
        render_host_judge(*state, &message, 400, NULL, "invalid_blocks");

    assert_int_equal(outcome->result, TOCSIN_AGAIN);
    message.resume = "without blocks";
    assert_string_equal(outcome->resume, message.resume);
    auto_json json_t *payload = rendered(*state, &message);
    assert_null(json_object_get(payload, "blocks"));
    assert_null(json_object_get(payload, "attachments"));
    assert_non_null(strstr(json_text_at(payload, "text"), "[URGENT 85] Cobalt Strike beacon"));
    assert_non_null(strstr(json_text_at(payload, "text"), "Isolate the host."));
    assert_non_null(strstr(json_text_at(payload, "text"), message.link));

    outcome = render_host_judge(*state, &message, 400, NULL, "invalid_blocks");
    assert_int_equal(outcome->result, TOCSIN_REJECTED);
}

static void test_wrong_urls_are_refused_with_the_cure(void **state)
{
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"url=ftp://hooks.slack.com/services/T/B/x", "url: must begin with"},
        {"url=https://hooks.slack.com/triggers/T/1/x", "url: this starts a workflow"},
        {"url=https://hooks.slack.com/workflows/T/A/1/x", "url: this starts a workflow"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct render_host *host = HOST(rows[i].url);
        const char *why = render_host_check(host);
        assert_non_null(why);
        assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
        assert_null(strstr(why, "/T/"));
        render_host_destroy(host);
    }
}

static void test_a_mention_beyond_measure_is_refused(void **state)
{
    auto_free char *mention = repeated("<!here> ", 1200);
    auto_buf struct buf option = {0};

    (void)state;
    buf_printf(&option, "mention=%s", mention);
    struct render_host *host = HOST(URL_OPTION, option.data);
    assert_string_equal(render_host_check(host), "mention: longer than 1,000 characters");
    render_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_message_reads_as_a_person_would_want),
        STORY(test_what_is_not_there_leaves_no_block),
        STORY(test_the_level_gives_the_colour),
        cmocka_unit_test(test_a_mention_stands_alone_and_from_its_level_on),
        STORY(test_everything_too_long_at_once_is_taken),
        STORY(test_a_title_that_is_cut_stands_below_as_well),
        STORY(test_a_long_text_goes_on_in_a_second_section),
        STORY(test_no_link_and_no_entity_is_parted),
        STORY(test_untrusted_texts_are_escaped_or_plain),
        STORY(test_each_word_of_slack_is_judged),
        STORY(test_blocks_that_are_refused_go_once_more_as_text),
        cmocka_unit_test(test_wrong_urls_are_refused_with_the_cure),
        cmocka_unit_test(test_a_mention_beyond_measure_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
