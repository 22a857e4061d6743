#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "json_walk.h"
#include "render_host.h"

#define TOKEN "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
#define TOKEN_OPTION "token=110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
#define CHAT_OPTION "chat=-1001234567890"
#define SPACE "\xe2\x80\x8b" /* that nobody sees */
#define ELLIPSIS "\xe2\x80\xa6"

enum {
    MAX_TEXT = 4096,
    MAX_ENTITIES = 100,
};

#define HOST(...)                                                                                  \
    render_host_create(getenv("TOCSIN_PLUGIN"), (const char *const[]){__VA_ARGS__, NULL})
#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static int set_up(void **state)
{
    *state = HOST(TOKEN_OPTION, CHAT_OPTION);
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

    assert_string_equal(request->url, "https://api.telegram.org/bot" TOKEN "/sendMessage");
    return json_parse(request->body, request->body_len);
}

static size_t units(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        count += (byte & 0xc0) == 0x80 ? 0 : (byte >= 0xf0 ? 2 : 1);
    }
    return count;
}

/* The byte at which that many units are over; it begins a character, or the test fails. */
static size_t place_of(const char *text, json_int_t offset)
{
    size_t at = 0;

    while (units(text, at) < (size_t)offset && text[at])
        at++;
    while (((unsigned char)text[at] & 0xc0) == 0x80)
        at++;
    assert_int_equal(units(text, at), offset);
    return at;
}

/* "type(what it marks)" of each entity, divided by blanks; the places are checked. */
static char *entities_of(const json_t *payload)
{
    const char *text = json_text_at(payload, "text");
    struct buf list = {0};
    json_t *entity;
    size_t i;

    assert_in_range(units(text, strlen(text)), 1, MAX_TEXT);
    assert_in_range(json_array_size(json_object_get(payload, "entities")), 0, MAX_ENTITIES);
    json_array_foreach (json_object_get(payload, "entities"), i, entity) {
        json_int_t offset = json_integer_value(json_object_get(entity, "offset"));
        json_int_t length = json_integer_value(json_object_get(entity, "length"));
        size_t begin = place_of(text, offset), end = place_of(text, offset + length);
        const char *url = json_string_value(json_object_get(entity, "url"));
        assert_in_range(length, 1, MAX_TEXT);
        buf_printf(&list, "%s%s(%.*s)%s", list.len ? " " : "", json_text_at(entity, "type"),
            (int)(end - begin), text + begin, url ? url : "");
    }
    buf_text(&list);
    return list.data;
}

/* A message of nothing but this HTML. */
static struct tocsin_message with_text(const char *html)
{
    struct tocsin_message message = message_example();

    message.level = TOCSIN_INFO;
    message.title = "T";
    message.text = html;
    message.fact_count = 0;
    message.link = NULL;
    return message;
}

static void test_a_message_reads_as_a_person_would_want(void **state)
{
    struct tocsin_message message = message_example();
    auto_json json_t *payload = rendered(*state, &message);
    auto_free char *entities = entities_of(payload);

    assert_string_equal(json_text_at(payload, "text"),
        "\xf0\x9f\x94\xb4 [URGENT 85] Cobalt Strike beacon\n\n"
        "A beacon was seen.\nIt called home.\n\nIsolate the host.\n\n"
        "Status: Pending\nEntity: DMZ-01 (7.7.7.7)\nSource: 10.0.0.7\n\n"
        "alert created \xc2\xb7 Urgency 85 / 100 \xc2\xb7 2026-11-23 10:00 UTC");
    assert_string_equal(entities,
        "bold([URGENT 85] Cobalt Strike beacon) code(Pending) code(DMZ-01 (7.7.7.7)) "
        "code(10.0.0.7) italic(alert created \xc2\xb7 Urgency 85 / 100 \xc2\xb7 2026-11-23 10:00 "
        "UTC)");
    assert_true(json_integer_value(json_object_get(payload, "chat_id")) == -1001234567890);
    assert_string_equal(
        json_text_at(payload, "reply_markup.inline_keyboard.0.0.text"), "Open alert");
    assert_null(json_object_get(payload, "reply_parameters"));
}

static void test_html_becomes_marks(void **state)
{
    static const struct {
        const char *html;
        const char *text; /* behind the headline */
        const char *entities;
    } rows[] = {
        {"plain", "plain", ""},
        {"<b>a</b> <strong>b</strong>", "a b", "bold(a) bold(b) "},
        {"<i>a</i><em>b</em><u>c</u><s>d</s>", "abcd",
            "italic(a) italic(b) underline(c) strikethrough(d) "},
        {"<b>a<i>b</i></b>", "ab", "italic(b) bold(ab) "},
        {"<b>a<i>b</b>c", "abc", "italic(b) bold(ab) "}, /* closed with what holds it */
        {"<b>left open", "left open", "bold(left open) "},
        {"closed only</b>", "closed only", ""},
        {"<code>x</code><pre>y</pre>", "xy", "code(x) pre(y) "},
        {"<B>loud</B>", "loud", "bold(loud) "},
        {"a<br>b<br/>c<p>d", "a\nb\nc\nd", ""},
        {"<ul><li>one</li><li>two</li></ul>", "\n\xe2\x80\xa2 one\n\xe2\x80\xa2 two", ""},
        {"<div class=\"x\">in</div>", "in", ""},
        {"<a href=\"https://x.example/?a=1&amp;b=2\">to</a>", "to",
            "text_link(to)https://x.example/?a=1&b=2 "},
        {"<a class='y' href='http://x.example'>to</a>", "to", "text_link(to)http://x.example "},
        {"<a href=\"javascript:alert(1)\">no</a>", "no", ""},
        {"<a href=\"https://x.example\"></a>empty", "empty", ""},
        {"&lt;b&gt; &amp;amp; &quot;&#39; &nbsp;", "<b> &amp; \"' &nbsp;", ""},
        {"1 < 2 <3 <", "1 < 2 <3 <", ""},
        {"<b", "<b", ""},
        {"<averyveryverylongtagname>x", "x", ""},
        {"caf\xc3\xa9 <b>\xf0\x9f\x94\x94</b>!", "caf\xc3\xa9 \xf0\x9f\x94\x94!",
            "bold(\xf0\x9f\x94\x94) "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = with_text(rows[i].html);
        auto_json json_t *payload = rendered(*state, &message);
        auto_free char *entities = entities_of(payload);
        auto_buf struct buf text = {0}, marks = {0};
        static const char origin[] = "alert created \xc2\xb7 Urgency 85 / 100 \xc2\xb7 "
                                     "2026-11-23 10:00 UTC";
        buf_printf(&text, "\xe2\x9a\xaa T\n\n%s\n\n%s", rows[i].text, origin);
        buf_printf(&marks, "bold(T) %sitalic(%s)", rows[i].entities, origin);
        assert_string_equal(json_text_at(payload, "text"), text.data);
        assert_string_equal(entities, marks.data);
    }
}

static void test_what_telegram_would_link_is_parted(void **state)
{
    static const struct {
        const char *html, *text;
    } rows[] = {
        {"@anna", "@" SPACE "anna"},
        {"(@anna)", "(@" SPACE "anna)"},
        {"a@b.example", "a@" SPACE "b." SPACE "example"},
        {"#tag $USD /start", "#" SPACE "tag $" SPACE "USD /" SPACE "start"},
        {"a/b", "a/b"},
        {"https://x.example/y", "https:" SPACE "//x." SPACE "example/y"},
        {"tg:resolve", "tg:" SPACE "resolve"},
        {"10.0.0.7 at 10:30", "10.0.0.7 at 10:30"},
        {"end. Next", "end. Next"},
        {"<code>@anna x.example</code>", "@anna x.example"},
        {"&#39;@&amp;", "'@&"},
        {"@<b>anna</b>", "@" SPACE "anna"},
        {"x.<b>example</b>", "x." SPACE "example"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = with_text(rows[i].html);
        auto_json json_t *payload = rendered(*state, &message);
        auto_buf struct buf begin = {0};
        buf_printf(&begin, "\xe2\x9a\xaa T\n\n%s\n\n", rows[i].text);
        const char *text = json_text_at(payload, "text");
        if (strncmp(text, begin.data, begin.len) != 0)
            fail_msg("%s", text);
    }
}

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
    static const char *const patterns[] = {"a", "\xf0\x9f\x94\xa5", "&amp;", "<b>x</b>", "<i><b>",
        "@a.b ", "\xc3\xa9\n", "<a href='https://x.example'>y</a>"};

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        auto_free char *big = repeated(patterns[i], 40000);
        struct tocsin_fact facts[60];
        struct tocsin_message message = message_example();
        for (size_t k = 0; k < sizeof facts / sizeof *facts; k++)
            facts[k] = (struct tocsin_fact){big, big};
        message.title = message.text = message.text_plain = message.type = big;
        message.facts = facts;
        message.fact_count = sizeof facts / sizeof *facts;
        message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
        auto_json json_t *payload = rendered(*state, &message);
        free(entities_of(payload)); /* checks them */
        assert_non_null(strstr(json_text_at(payload, "text"), ELLIPSIS));
        assert_non_null(strstr(json_text_at(payload, "text"), " more facts"));
    }
}

static void test_a_reply_stays_in_its_chat(void **state)
{
    struct tocsin_message message = message_example();
    message.first_receipt = "-1001234567890:17";
    auto_json json_t *reply = rendered(*state, &message);
    message.first_receipt = "-100123456789:17";
    auto_json json_t *other_chat = rendered(*state, &message);
    message.first_receipt = "-1001234567890:x";
    auto_json json_t *no_number = rendered(*state, &message);

    assert_int_equal(json_integer_value(json_at(reply, "reply_parameters.message_id")), 17);
    assert_true(json_is_true(json_at(reply, "reply_parameters.allow_sending_without_reply")));
    assert_null(json_object_get(other_chat, "reply_parameters"));
    assert_null(json_object_get(no_number, "reply_parameters"));
}

static void test_each_answer_has_its_verdict(void **state)
{
    static const struct {
        uint32_t status, result;
        const char *body, *reason; /* its beginning */
    } rows[] = {
        {400, TOCSIN_UNUSABLE, "{\"ok\":false,\"description\":\"Bad Request: chat not found\"}",
            "400 Bad Request: chat not found: `chat` names none"},
        {400, TOCSIN_AGAIN,
            "{\"ok\":false,\"description\":\"Bad Request: can't parse entities: x\"}", "400 Bad"},
        {400, TOCSIN_REJECTED, "{\"ok\":false,\"description\":\"Bad Request: something new\"}",
            "400 Bad Request: something new"},
        {200, TOCSIN_UNUSABLE, "{\"ok\":false,\"description\":\"Odd\"}", "200 Odd"},
        {502, TOCSIN_RETRY, "{\"ok\":true}", "the host's own words"},
        {401, TOCSIN_UNUSABLE, "{\"ok\":false,\"description\":\"Unauthorized\"}",
            "401 Unauthorized: no bot has this token"},
        {404, TOCSIN_UNUSABLE, "{\"ok\":false,\"description\":\"Not Found\"}",
            "404 Not Found: no bot has this token"},
        {403, TOCSIN_UNUSABLE,
            "{\"ok\":false,\"description\":\"Forbidden: bot was blocked by the user\"}",
            "403 Forbidden: bot was blocked"},
        {429, TOCSIN_RETRY,
            "{\"ok\":false,\"description\":\"Too Many Requests: retry after 7\","
            "\"parameters\":{\"retry_after\":7}}",
            "429 Too Many Requests"},
        {502, TOCSIN_RETRY, "<html>", "the host's own words"},
        {200, TOCSIN_UNUSABLE, "<html>login</html>", "200, but not a Bot API server's answer"},
        {200, TOCSIN_UNUSABLE, "", "200, but not a Bot API server's answer"},
    };
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, rows[i].status, NULL, rows[i].body);
        assert_int_equal(outcome->result, rows[i].result);
        assert_memory_equal(outcome->reason, rows[i].reason, strlen(rows[i].reason));
        assert_int_equal(outcome->retry_after_ms, rows[i].status == 429 ? 7000 : 0);
    }
}

static void test_success_keeps_chat_and_number(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 200, NULL,
        "{\"ok\":true,\"result\":{\"message_id\":365,\"chat\":{\"id\":-1001234567890}}}");

    assert_int_equal(outcome->result, TOCSIN_DELIVERED);
    assert_string_equal(outcome->receipt, "-1001234567890:365");
}

static void test_refused_marks_go_once_more_without_them(void **state)
{
    static const char body[] = "{\"ok\":false,\"description\":\"Bad Request: BUTTON_URL_INVALID\"}";
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 400, NULL, body);

    assert_int_equal(outcome->result, TOCSIN_AGAIN);
    assert_string_equal(outcome->resume, "plain");
    message.resume = "plain";
    auto_json json_t *payload = rendered(*state, &message);
    assert_null(json_object_get(payload, "entities"));
    assert_null(json_object_get(payload, "reply_markup"));
    outcome = render_host_judge(*state, &message, 400, NULL, body);
    assert_int_equal(outcome->result, TOCSIN_REJECTED);
}

static void test_a_new_number_of_a_group_is_used_and_told(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 400, NULL,
        "{\"ok\":false,\"description\":\"Bad Request: group chat was upgraded\","
        "\"parameters\":{\"migrate_to_chat_id\":-100777}}");

    assert_int_equal(outcome->result, TOCSIN_AGAIN);
    assert_non_null(strstr(outcome->notice, "change `chat` in the configuration too"));
    auto_json json_t *payload = rendered(*state, &message);
    assert_int_equal(json_integer_value(json_object_get(payload, "chat_id")), -100777);
}

static void test_check_names_the_option(void **state)
{
    static const struct {
        const char *token, *chat, *extra, *why;
    } rows[] = {
        {TOKEN_OPTION, CHAT_OPTION, NULL, NULL},
        {TOKEN_OPTION, "chat=@soc_alerts", NULL, NULL},
        {TOKEN_OPTION, "chat=123", "topic=7", NULL},
        {"token=bot" TOKEN, CHAT_OPTION, NULL, "token: no bot's token"},
        {"token=110201543:short", CHAT_OPTION, NULL, "token: no bot's token"},
        {"token=AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", CHAT_OPTION, NULL, "token: no bot's token"},
        {TOKEN_OPTION, "chat=soc", NULL, "chat: neither a number"},
        {TOKEN_OPTION, "chat=@x", NULL, "chat: neither a number"},
        {TOKEN_OPTION, "chat=-", NULL, "chat: neither a number"},
        {TOKEN_OPTION, "chat=99999999999999999999", NULL, "chat: neither a number"},
        {TOKEN_OPTION, CHAT_OPTION, "topic=-1", "topic: below 0"},
        {TOKEN_OPTION, CHAT_OPTION, "api=ftp://x.example", "api: must begin"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct render_host *host = HOST(rows[i].token, rows[i].chat, rows[i].extra);
        const char *why = render_host_check(host);
        assert_true(!why == !rows[i].why);
        if (why && rows[i].why)
            assert_memory_equal(why, rows[i].why, strlen(rows[i].why));
        render_host_destroy(host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_message_reads_as_a_person_would_want),
        STORY(test_html_becomes_marks),
        STORY(test_what_telegram_would_link_is_parted),
        STORY(test_everything_too_long_at_once_is_taken),
        STORY(test_a_reply_stays_in_its_chat),
        STORY(test_each_answer_has_its_verdict),
        STORY(test_success_keeps_chat_and_number),
        STORY(test_refused_marks_go_once_more_without_them),
        STORY(test_a_new_number_of_a_group_is_used_and_told),
        cmocka_unit_test(test_check_names_the_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
