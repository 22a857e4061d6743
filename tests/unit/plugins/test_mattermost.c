#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "json_walk.h"
#include "render_host.h"

#define HOOK "k8hrkq1m3tnumx5o7wd9zs4ybe"
/* One literal: clang-tidy takes joined ones in a list for a forgotten comma. */
#define URL_OPTION "url=https://chat.example.org/hooks/k8hrkq1m3tnumx5o7wd9zs4ybe"
#define ATTACHMENT "attachments.0"
#define ELLIPSIS "\xe2\x80\xa6"
#define PART "\xe2\x80\x8b"

enum {
    MAX_PAYLOAD = 100000,
    MAX_RUNES = 16383,
    MEGABYTE = 1000000
};

#define HOST(...)                                                                                  \
    render_host_create(getenv("TOCSIN_PLUGIN"), (const char *const[]){__VA_ARGS__, NULL})

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

    assert_in_range(request->body_len, 1, MAX_PAYLOAD);
    return json_parse(request->body, request->body_len);
}

/* What the clients ask of an attachment before they show its body (isMessageAttachmentArray). */
static void assert_clients_show(const json_t *payload)
{
    const json_t *attachment = json_at(payload, ATTACHMENT);
    const char *name;
    json_t *member;
    size_t i;

    assert_false(json_has_null(payload));
    assert_true(json_is_object(attachment));
    json_object_foreach ((json_t *)attachment, name, member)
        assert_true(strcmp(name, "fields") == 0 ? json_is_array(member) : json_is_string(member));
    json_array_foreach (json_object_get(attachment, "fields"), i, member) {
        assert_true(json_is_string(json_object_get(member, "title")));
        assert_true(json_is_string(json_object_get(member, "value")));
        assert_true(json_is_boolean(json_object_get(member, "short")));
    }
}

static void test_an_attachment_reads_as_a_person_would_want(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *payload = rendered(*state, &message);

    assert_clients_show(payload);
    assert_string_equal(
        json_text_at(payload, ATTACHMENT ".fallback"), "[URGENT 85] Cobalt Strike beacon");
    assert_string_equal(
        json_text_at(payload, ATTACHMENT ".title"), "[URGENT 85] Cobalt Strike beacon");
    assert_string_equal(json_text_at(payload, ATTACHMENT ".title_link"), message.link);
    assert_string_equal(json_text_at(payload, ATTACHMENT ".color"), "#D32F2F");
    assert_string_equal(json_text_at(payload, ATTACHMENT ".text"), message.text);
    assert_string_equal(json_text_at(payload, ATTACHMENT ".footer"),
        "alert created \xc2\xb7 Urgency 85 / 100 \xc2\xb7 2026-11-23 10:00 UTC");
    assert_string_equal(json_text_at(payload, ATTACHMENT ".fields.0.title"), "Status");
    assert_string_equal(json_text_at(payload, ATTACHMENT ".fields.0.value"), "Pending");
    assert_true(json_is_true(json_at(payload, ATTACHMENT ".fields.0.short")));
}

static void test_what_is_not_used_is_not_sent(void **state)
{
    static const char *const members[] = {
        "text", "channel", "username", "icon_url", "priority", "props", "type"};
    static const char *const attachment_members[] = {
        "title_link", "text", "fields", "actions", "pretext"};
    struct tocsin_message message = message_example();
    message.text = message.text_plain = message.action = "";
    message.link = NULL;
    message.facts = NULL;
    message.fact_count = 0;
    auto_json json_t *payload = rendered(*state, &message);

    assert_clients_show(payload);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_null(json_object_get(payload, members[i]));
    for (size_t i = 0; i < sizeof attachment_members / sizeof *attachment_members; i++)
        assert_null(json_object_get(json_at(payload, ATTACHMENT), attachment_members[i]));
}

static void test_options_name_the_channel_and_the_poster(void **state)
{
    struct tocsin_message message = message_example();
    struct render_host *host = HOST(
        URL_OPTION, "channel=@anna", "username=tocsin", "icon_url=https://example.org/bell.png");
    auto_json json_t *payload = rendered(host, &message);

    (void)state;
    assert_string_equal(json_text_at(payload, "channel"), "@anna");
    assert_string_equal(json_text_at(payload, "username"), "tocsin");
    assert_string_equal(json_text_at(payload, "icon_url"), "https://example.org/bell.png");
    render_host_destroy(host);
}

static void test_the_level_gives_colour_and_prefix(void **state)
{
    static const struct {
        uint32_t level;
        int32_t urgency;
        const char *color, *title;
    } rows[] = {
        {TOCSIN_INFO, 0, "#607D8B", "Cobalt Strike beacon"},
        {TOCSIN_INFO, -1, "#607D8B", "Cobalt Strike beacon"},
        {TOCSIN_LOW, 20, "#1976D2", "[LOW 20] Cobalt Strike beacon"},
        {TOCSIN_MEDIUM, 50, "#FBC02D", "[MEDIUM 50] Cobalt Strike beacon"},
        {TOCSIN_HIGH, -1, "#F57C00", "[HIGH] Cobalt Strike beacon"},
        {TOCSIN_URGENT, 100, "#D32F2F", "[URGENT 100] Cobalt Strike beacon"},
        {9, -1, "#D32F2F", "[URGENT] Cobalt Strike beacon"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = message_example();
        message.level = rows[i].level;
        message.urgency = rows[i].urgency;
        auto_json json_t *payload = rendered(*state, &message);
        assert_string_equal(json_text_at(payload, ATTACHMENT ".color"), rows[i].color);
        assert_string_equal(json_text_at(payload, ATTACHMENT ".title"), rows[i].title);
        assert_string_equal(json_text_at(payload, ATTACHMENT ".fallback"), rows[i].title);
    }
}

static void test_people_are_called_from_the_level_that_the_operator_set(void **state)
{
    static const char *const levels[] = {"info", "low", "medium", "high", "urgent"};
    struct tocsin_message message = message_example();

    (void)state;
    for (uint32_t from = 0; from <= TOCSIN_URGENT; from++) {
        auto_free char *level = text_format("mention_level=%s", levels[from]);
        struct render_host *host = HOST(URL_OPTION, "mention=@channel", level);
        for (message.level = 0; message.level <= TOCSIN_URGENT; message.level++) {
            auto_json json_t *payload = rendered(host, &message);
            if (message.level >= from)
                assert_string_equal(json_text_at(payload, "text"), "@channel");
            else
                assert_null(json_at(payload, "text"));
        }
        render_host_destroy(host);
    }
}

static void test_a_mention_is_for_urgent_messages_if_nothing_else_is_said(void **state)
{
    struct render_host *host = HOST(URL_OPTION, "mention=@oncall");
    struct tocsin_message message = message_example();

    (void)state;
    message.level = TOCSIN_HIGH;
    auto_json json_t *high = rendered(host, &message);
    assert_null(json_at(high, "text"));
    message.level = TOCSIN_URGENT;
    auto_json json_t *urgent = rendered(host, &message);
    assert_string_equal(json_text_at(urgent, "text"), "@oncall");
    render_host_destroy(host);
}

static void test_the_priority_is_fixed_or_follows_the_level(void **state)
{
    static const struct {
        const char *option;
        uint32_t level;
        const char *sent;
    } rows[] = {
        {"priority=standard", TOCSIN_URGENT, NULL},
        {"priority=important", TOCSIN_INFO, "important"},
        {"priority=urgent", TOCSIN_INFO, "urgent"},
        {"priority=auto", TOCSIN_URGENT, "urgent"},
        {"priority=auto", TOCSIN_HIGH, "important"},
        {"priority=auto", TOCSIN_MEDIUM, NULL},
        {"priority=auto", TOCSIN_INFO, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct render_host *host = HOST(URL_OPTION, rows[i].option);
        struct tocsin_message message = message_example();
        message.level = rows[i].level;
        auto_json json_t *payload = rendered(host, &message);
        if (rows[i].sent)
            assert_string_equal(json_text_at(payload, "priority.priority"), rows[i].sent);
        else
            assert_null(json_at(payload, "priority"));
        render_host_destroy(host);
    }
}

static void test_each_mark_is_said_first_in_the_footer(void **state)
{
    static const struct {
        uint32_t mark;
        const char *words;
    } rows[] = {{TOCSIN_REPEAT, "Possible repeat"}, {TOCSIN_NOT_ENRICHED, "Not enriched"},
        {TOCSIN_FALLBACK, "Fallback"}};

    for (uint32_t marks = 0; marks < 8; marks++) {
        struct tocsin_message message = message_example();
        message.marks = marks;
        auto_json json_t *payload = rendered(*state, &message);
        const char *footer = json_text_at(payload, ATTACHMENT ".footer");
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            assert_int_equal(strstr(footer, rows[i].words) != NULL, (marks & rows[i].mark) != 0);
        assert_non_null(strstr(footer, "2026-11-23 10:00 UTC"));
        assert_true(marks == 0 || strncmp(footer, "alert", 5) != 0);
    }
}

static void test_values_are_escaped_and_the_text_is_already(void **state)
{
    static const char hostile[] = "@channel [click](https://evil.example) **b** `c` <!here>";
    auto_free char *escaped = escape_like_host(TOCSIN_MARKDOWN, hostile);
    struct tocsin_fact fact = {"Entity", hostile};
    struct tocsin_message message = message_example();
    message.facts = &fact;
    message.fact_count = 1;
    message.text = "escaped \\*by\\* the host";
    auto_json json_t *payload = rendered(*state, &message);

    assert_string_equal(json_text_at(payload, ATTACHMENT ".fields.0.value"), escaped);
    assert_string_equal(json_text_at(payload, ATTACHMENT ".text"), message.text);
    assert_true(json_is_false(json_at(payload, ATTACHMENT ".fields.0.short")));
}

/* The client makes Markdown links of a title that is no link itself. */
static void test_a_title_without_a_link_is_escaped(void **state)
{
    static const char hostile[] = "see [here](https://evil.example)";
    auto_free char *headline = text_format("[URGENT 85] %s", hostile);
    auto_free char *escaped = escape_like_host(TOCSIN_MARKDOWN, headline);
    struct tocsin_message message = message_example();

    message.title = hostile;
    auto_json json_t *linked = rendered(*state, &message);
    assert_string_equal(json_text_at(linked, ATTACHMENT ".title"), headline);
    message.link = NULL;
    auto_json json_t *bare = rendered(*state, &message);
    assert_string_equal(json_text_at(bare, ATTACHMENT ".title"), escaped);
    assert_string_equal(json_text_at(bare, ATTACHMENT ".fallback"), headline);
}

static void on_string(const json_t *holder, const char *name, const char *text, void *context)
{
    (void)holder;
    (void)name;
    (void)context;
    assert_null(strstr(text, "@channel"));
    assert_null(strstr(text, "<!here>"));
}

static void test_hostile_texts_call_nobody(void **state)
{
    static const char hostile[] = "x @channel y <!here> z";
    static const char *const links[] = {NULL, "https://example.org/"};
    struct tocsin_fact fact = {hostile, hostile};
    struct tocsin_message message = message_example();

    message.title = message.type = message.action = message.rule = message.hook = hostile;
    message.facts = &fact;
    message.fact_count = 1;
    for (size_t i = 0; i < 2; i++) {
        message.link = links[i];
        auto_json json_t *payload = rendered(*state, &message);
        json_visit_strings(payload, on_string, NULL);
    }
}

static void test_only_an_http_link_is_a_title_link(void **state)
{
    static const char *const links[] = {"", "/relative", "javascript:alert(1)", "mailto:a@b.c"};

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct tocsin_message message = message_example();
        message.link = links[i];
        auto_json json_t *payload = rendered(*state, &message);
        assert_null(json_at(payload, ATTACHMENT ".title_link"));
    }
}

static char *repeated(const char *unit, size_t bytes)
{
    struct buf text = {0};

    while (text.len < bytes)
        buf_puts(&text, unit);
    return buf_take(&text);
}

static void test_huge_messages_stay_within_the_limits(void **state)
{
    static const char *const units[] = {
        "x", "\xe4\xb8\xad", "\xf0\x9f\x94\xa5", "\"\\", "\x01", "ab\n", "*", "@a "};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        auto_free char *huge = repeated(units[i], MEGABYTE);
        auto_free char *link = text_format("https://example.org/%01970d", 0);
        struct tocsin_fact facts[50];
        struct tocsin_message message = message_example();
        for (size_t j = 0; j < 50; j++)
            facts[j] = (struct tocsin_fact){huge, huge};
        message.title = message.text = message.type = message.action = huge;
        message.facts = facts;
        message.fact_count = 50;
        message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
        message.link = i % 2 ? link : NULL;
        auto_json json_t *payload = rendered(*state, &message);
        assert_clients_show(payload);
        const char *text = json_text_at(payload, ATTACHMENT ".text");
        assert_true(utf8_count(text) <= MAX_RUNES);
        assert_string_equal(text + strlen(text) - strlen(ELLIPSIS), ELLIPSIS);
        assert_true(utf8_count(json_text_at(payload, ATTACHMENT ".footer")) <= 300);
    }
}

static void test_as_much_of_a_text_is_shown_as_the_plugin_says(void **state)
{
    size_t most = render_host_plugin(*state)->max_text;
    auto_free char *whole = repeated("x", most), *longer = repeated("x", most + 1);
    struct tocsin_message message = message_example();

    message.text = whole;
    auto_json json_t *shown = rendered(*state, &message);
    assert_string_equal(json_text_at(shown, ATTACHMENT ".text"), whole);
    message.text = longer;
    auto_json json_t *cut = rendered(*state, &message);
    const char *text = json_text_at(cut, ATTACHMENT ".text");
    assert_string_equal(text + strlen(text) - strlen(ELLIPSIS), ELLIPSIS);
}

static void assert_cut_is_clean(const char *text, size_t len)
{
    size_t slashes = 0;
    const char *entity = memrchr(text, '&', len);

    while (slashes < len && text[len - 1 - slashes] == '\\')
        slashes++;
    assert_int_equal(slashes % 2, 0);
    assert_true(!entity || memchr(entity, ';', len - (size_t)(entity - text)));
}

/* Behind a back-slash that lost its character, and in half an entity, an ellipsis would be ugly. */
static void test_a_text_is_cut_outside_of_escapes(void **state)
{
    static const char *const ends[] = {
        "\\*b", "\\\\b", "\\\\\\*b", "&#60;b", "&amp;b", "a&bc;d", "&#x1f525;", "\\\\&#60;"};
    size_t most = render_host_plugin(*state)->max_text;

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (size_t kept = 1; kept < strlen(ends[i]); kept++) {
            auto_free char *head = repeated("x", most - 1 - kept);
            auto_free char *text = text_format("%s%s!", head, ends[i]);
            struct tocsin_message message = message_example();
            message.text = text;
            auto_json json_t *payload = rendered(*state, &message);
            const char *shown = json_text_at(payload, ATTACHMENT ".text");
            size_t len = strlen(shown) - strlen(ELLIPSIS);
            assert_string_equal(shown + len, ELLIPSIS);
            assert_true(len >= strlen(head) && len <= strlen(head) + kept);
            assert_int_equal(strncmp(shown, text, len), 0);
            assert_cut_is_clean(shown, len);
        }
}

static void test_labels_are_no_tags_channels_or_smileys(void **state)
{
    struct tocsin_fact fact = {"#tag ~town :bomb: @anna a: b <!all>", "x"};
    struct tocsin_message message = message_example();
    message.facts = &fact;
    message.fact_count = 1;
    auto_json json_t *payload = rendered(*state, &message);

    assert_string_equal(json_text_at(payload, ATTACHMENT ".fields.0.title"),
        "#" PART "tag ~" PART "town :" PART "bomb: @" PART "anna a: b <" PART "!all>");
}

static void test_a_server_that_takes_little_gets_less(void **state)
{
    auto_free char *text = repeated("\xe4\xb8\xad", 100000), *value = repeated("v", 999);
    struct tocsin_fact facts[8];
    struct tocsin_message message = message_example();
    for (size_t i = 0; i < 8; i++)
        facts[i] = (struct tocsin_fact){"Fact", value};
    message.text = text;
    message.facts = facts;
    message.fact_count = 8;
    message.resume = "shortened";
    const struct tocsin_request *request = render_host_render(*state, &message);
    auto_json json_t *payload = json_parse(request->body, request->body_len);

    assert_in_range(request->body_len, 1, 10000);
    assert_int_equal(utf8_count(json_text_at(payload, ATTACHMENT ".text")), 1000);
    assert_int_equal(json_array_size(json_at(payload, ATTACHMENT ".fields")), 1);
    assert_non_null(strstr(json_text_at(payload, ATTACHMENT ".footer"), "7 more facts"));
}

static void test_facts_that_were_left_out_are_counted(void **state)
{
    auto_free char *value = repeated("value ", 900);
    struct tocsin_fact facts[50];
    struct tocsin_message message = message_example();
    for (size_t i = 0; i < 50; i++)
        facts[i] = (struct tocsin_fact){i == 0 ? "First" : "Other", value};
    message.facts = facts;
    message.fact_count = 50;
    auto_json json_t *payload = rendered(*state, &message);
    size_t kept = json_array_size(json_at(payload, ATTACHMENT ".fields"));
    auto_free char *words = text_format("%zu more facts", 50 - kept);

    assert_in_range(kept, 1, 49);
    assert_string_equal(json_text_at(payload, ATTACHMENT ".fields.0.title"), "First");
    assert_non_null(strstr(json_text_at(payload, ATTACHMENT ".footer"), words));
}

static void test_invalid_utf8_loses_no_message(void **state)
{
    struct tocsin_message message = message_example();
    struct tocsin_fact fact = {"\xff", "\xc3"};
    message.title = "caf\xe9 breach";
    message.text = "\xff\xfe";
    message.facts = &fact;
    message.fact_count = 1;
    auto_json json_t *payload = rendered(*state, &message);

    assert_clients_show(payload);
    assert_string_equal(json_text_at(payload, ATTACHMENT ".title"), "[URGENT 85] caf? breach");
    assert_string_equal(json_text_at(payload, ATTACHMENT ".text"), "??");
}

static void test_the_url_is_passed_and_never_in_the_payload(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_request *request = render_host_render(*state, &message);

    assert_string_equal(request->url, strchr(URL_OPTION, '=') + 1);
    assert_null(strstr(request->body, HOOK));
}

static void assert_checked(const char *option, const char *words)
{
    struct render_host *host = HOST(URL_OPTION, option);
    const char *why = render_host_check(host);

    if (words)
        assert_non_null(strstr(why, words));
    else
        assert_null(why);
    render_host_destroy(host);
}

static void test_an_option_that_cannot_be_right_fails_the_check(void **state)
{
    static const struct {
        const char *pair, *words;
    } rows[] = {
        {URL_OPTION, NULL},
        {"url=http://127.0.0.1:8065/hooks/x", NULL},
        {"url=https://example.org/chat/hooks/x", NULL},
        {"url=ftp://example.org/hooks/x", "url: must begin with https:// or http://"},
        {"url=chat.example.org/hooks/x", "url: must begin"},
        {"icon_url=https://example.org/bell.png", NULL},
        {"icon_url=file:///etc/bell.png", "icon_url: must begin"},
        {"channel=town-square", NULL},
        {"channel=#soc_2", NULL},
        {"channel=@Anna", NULL},
        {"channel=a1b2__c3d4", NULL},
        {"channel=Town Square", "channel: must be the name in the channel's URL"},
        {"channel=#SOC", "channel: must be"},
        {"channel=@", "channel: must be"},
        {"channel=#", "channel: must be"},
        {"mention=@channel", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_checked(rows[i].pair, rows[i].words);
}

static void test_a_mention_may_not_fill_the_message(void **state)
{
    auto_free char *most = repeated("@anna ", 996), *longest = text_format("mention=%s1234", most);
    auto_free char *longer = text_format("%s5", longest);

    (void)state;
    assert_checked(longest, NULL);
    assert_checked(longer, "mention: longer than 1,000 characters");
}

static void test_what_the_plugin_says_of_itself(void **state)
{
    const struct tocsin_sink_plugin *plugin = render_host_plugin(*state);

    assert_string_equal(plugin->name, "mattermost");
    assert_int_equal(plugin->flavour, TOCSIN_MARKDOWN);
    assert_int_equal(plugin->options[0].type, TOCSIN_SECRET);
    assert_int_equal(plugin->options[0].flags, TOCSIN_REQUIRED | TOCSIN_URL);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_an_attachment_reads_as_a_person_would_want),
        STORY(test_what_is_not_used_is_not_sent),
        cmocka_unit_test(test_options_name_the_channel_and_the_poster),
        STORY(test_the_level_gives_colour_and_prefix),
        cmocka_unit_test(test_people_are_called_from_the_level_that_the_operator_set),
        cmocka_unit_test(test_a_mention_is_for_urgent_messages_if_nothing_else_is_said),
        cmocka_unit_test(test_the_priority_is_fixed_or_follows_the_level),
        STORY(test_each_mark_is_said_first_in_the_footer),
        STORY(test_values_are_escaped_and_the_text_is_already),
        STORY(test_a_title_without_a_link_is_escaped),
        STORY(test_hostile_texts_call_nobody),
        STORY(test_only_an_http_link_is_a_title_link),
        STORY(test_huge_messages_stay_within_the_limits),
        STORY(test_as_much_of_a_text_is_shown_as_the_plugin_says),
        STORY(test_a_text_is_cut_outside_of_escapes),
        STORY(test_labels_are_no_tags_channels_or_smileys),
        STORY(test_a_server_that_takes_little_gets_less),
        STORY(test_facts_that_were_left_out_are_counted),
        STORY(test_invalid_utf8_loses_no_message),
        STORY(test_the_url_is_passed_and_never_in_the_payload),
        cmocka_unit_test(test_an_option_that_cannot_be_right_fails_the_check),
        cmocka_unit_test(test_a_mention_may_not_fill_the_message),
        STORY(test_what_the_plugin_says_of_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
