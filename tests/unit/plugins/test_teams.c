#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "json_walk.h"
#include "render_host.h"

#define WORKFLOW "0123456789abcdef0123456789abcdef"
#define SIGNATURE "Zm9vYmFyLXNlY3JldC1zaWduYXR1cmU"
#define URL                                                                                        \
    "https://default0123456789abcdef.01.environment.api.powerplatform.com:443/powerautomate/"      \
    "automations/direct/workflows/" WORKFLOW "/triggers/manual/paths/invoke"                       \
    "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" SIGNATURE
#define CARD "attachments.0.content"
#define ELLIPSIS "\xe2\x80\xa6"

enum {
    BUDGET = 20000,
    MEGABYTE = 1000000
};

static struct render_host *host_with_url(const char *url)
{
    auto_free char *pair = text_format("url=%s", url);
    const char *const pairs[] = {pair, NULL};

    return render_host_create(getenv("TOCSIN_PLUGIN"), pairs);
}

static int set_up(void **state)
{
    *state = host_with_url(URL);
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

    assert_in_range(request->body_len, 1, BUDGET);
    return json_parse(request->body, request->body_len);
}

/* What a reader sees of the card's body: each run on a line. */
static void on_string(const json_t *holder, const char *name, const char *text, void *context)
{
    const char *type = json_string_value(json_object_get(holder, "type"));

    if (strcmp(name, "text") == 0 && strcmp(type, "TextRun") == 0) {
        buf_puts(context, text);
        buf_putc(context, '\n');
    }
}

static char *visible_text(const json_t *envelope)
{
    struct buf text = {0};

    json_visit_strings(json_at(envelope, CARD ".body"), on_string, &text);
    return buf_take(&text);
}

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

    assert_string_equal(text,
        "Cobalt Strike beacon\n"
        "alert created \xc2\xb7 Urgency 85 / 100 \xc2\xb7 2026-11-23 10:00 UTC\n"
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

static void test_the_level_colours_the_card(void **state)
{
    static const struct {
        uint32_t level;
        const char *style;
    } rows[] = {{TOCSIN_INFO, "emphasis"}, {TOCSIN_LOW, "accent"}, {TOCSIN_MEDIUM, "warning"},
        {TOCSIN_HIGH, "warning"}, {TOCSIN_URGENT, "attention"}, {77, "attention"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = message_example();
        message.level = rows[i].level;
        auto_json json_t *envelope = rendered(*state, &message);
        assert_string_equal(json_text_at(envelope, CARD ".body.0.style"), rows[i].style);
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

    assert_non_null(strstr(text, "alert created \xc2\xb7 High \xc2\xb7 2026-11-23"));
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
                              "alert \xc2\xb7 Urgency 85 / 100 \xc2\xb7 2026-11-23 10:00 UTC\n");
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
        message.title = message.text = message.text_plain = hostile[i];
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

    message.title = message.text = message.type = hostile;
    message.facts = &fact;
    message.fact_count = 1;
    auto_json json_t *envelope = rendered(*state, &message);
    json_visit_strings(json_at(envelope, CARD ".body"), on_any_string, NULL);
    auto_free char *text = visible_text(envelope);
    assert_non_null(strstr(text, "DATE(2026-11-23T10:00:00Z,SHORT)"));
}

static char *repeated(const char *unit, size_t bytes)
{
    struct buf text = {0};

    while (text.len < bytes)
        buf_puts(&text, unit);
    return buf_take(&text);
}

static void test_huge_messages_stay_under_the_budget(void **state)
{
    /* A letter, a letter of three bytes, an emoji, what JSON doubles, what it makes six bytes of,
     * short lines, blank lines, and what has to be broken up. */
    static const char *const units[] = {"x", "\xe4\xb8\xad", "\xf0\x9f\x94\xa5", "\"\\", "\x01",
        "ab\n", "\n", "a\n\n\r\n", "{{", "<at>"};
    static const char *const resumes[] = {NULL, "smaller"};

    for (size_t i = 0; i < 2 * sizeof units / sizeof *units; i++) {
        auto_free char *huge = repeated(units[i / 2], MEGABYTE);
        struct tocsin_fact facts[50];
        struct tocsin_message message = message_example();
        auto_free char *link = text_format("https://example.org/%01970d", 0);
        for (size_t j = 0; j < 50; j++)
            facts[j] = (struct tocsin_fact){huge, huge};
        message.title = message.text = message.type = message.action = huge;
        message.facts = facts;
        message.fact_count = 50;
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
    message.text = huge;
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
    message.text = whole;
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
        message.text = buf_text(&whole);
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
    message.text = "\xff\xfe";
    message.link = "https://example.org/\xe9";
    auto_json json_t *envelope = rendered(*state, &message);
    auto_free char *text = visible_text(envelope);

    assert_non_null(strstr(text, "caf? breach"));
    assert_null(json_at(envelope, CARD ".actions"));
}

static void test_the_url_is_passed_byte_for_byte(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_request *request = render_host_render(*state, &message);

    assert_string_equal(request->url, URL);
    assert_true(!request->method || strcmp(request->method, "POST") == 0);
    assert_null(strstr(request->body, SIGNATURE));
}

static void test_retired_connectors_are_refused_with_the_reason(void **state)
{
    static const char *const urls[] = {"https://contoso.webhook.office.com/webhookb2/a@b/c/d",
        "https://CONTOSO.Webhook.Office.COM:443/webhookb2/a",
        "https://outlook.office.com/webhook/a", "https://user@outlook.office.com/webhook/a",
        "https://outlook.office.com"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct render_host *host = host_with_url(urls[i]);
        const char *why = render_host_check(host);
        assert_non_null(why);
        assert_non_null(strstr(why, "May 2026"));
        assert_null(strstr(why, "contoso"));
        render_host_destroy(host);
    }
}

static void test_only_http_urls_pass_the_check(void **state)
{
    static const struct {
        const char *url;
        bool passes;
    } rows[] = {{URL, true},
        {"https://prod-01.westeurope.logic.azure.com:443/workflows/a?sig=x", true},
        {"http://127.0.0.1:8080/teams?sig=x", true}, {"https://example.org/no-signature", true},
        {"https://webhook.office.com.example.org/x", true},
        {"https://example.org/?host=x.webhook.office.com", true}, {"ftp://example.org/", false},
        {"file:///etc/passwd", false}, {"example.org", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct render_host *host = host_with_url(rows[i].url);
        assert_int_equal(render_host_check(host) == NULL, rows[i].passes);
        render_host_destroy(host);
    }
}

#define ERROR(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\"}}"

static void test_each_answer_has_its_verdict(void **state)
{
    static const struct {
        uint32_t status, result;
        const char *body, *reason;
    } rows[] = {
        {400, TOCSIN_REJECTED,
            ERROR("TriggerInputSchemaMismatch", "Required properties: contentUrl."),
            "400 TriggerInputSchemaMismatch: Required properties: contentUrl."},
        {400, TOCSIN_UNUSABLE, ERROR("WorkflowTriggerIsNotEnabled", "state 'Suspended'"),
            "400 WorkflowTriggerIsNotEnabled: the workflow is switched off, suspended or deleted: "
            "state 'Suspended'"},
        {400, TOCSIN_UNUSABLE, ERROR("MissingApiVersionParameter", "no api-version"),
            "400 MissingApiVersionParameter: the URL lost its query"},
        {400, TOCSIN_REJECTED, ERROR("SomethingNew", "never seen"), "400 SomethingNew: never seen"},
        {400, TOCSIN_REJECTED, "Bad Request", "the host's own words"},
        {401, TOCSIN_UNUSABLE, ERROR("DirectApiAuthorizationRequired", "x"),
            "401 DirectApiAuthorizationRequired: the URL is not whole"},
        {401, TOCSIN_UNUSABLE, ERROR("DirectApiInvalidAuthorizationSignature", "x"), "Anyone"},
        {401, TOCSIN_UNUSABLE, ERROR("MisMatchingOAuthClaims", "x"), "Anyone"},
        {401, TOCSIN_UNUSABLE, "", "401: the URL is not whole"},
        {403, TOCSIN_UNUSABLE, "<html>", "the host's own words"},
        {404, TOCSIN_UNUSABLE, "", "404: the workflow was deleted"},
        {404, TOCSIN_UNUSABLE, ERROR("WorkflowNotFound", "x"), "404 WorkflowNotFound"},
        {408, TOCSIN_RETRY, "", "the host's own words"},
        {429, TOCSIN_RETRY, "", "the host's own words"},
        {429, TOCSIN_RETRY, ERROR("WorkflowTriggerIsNotEnabled", "x"), "429 "},
        {500, TOCSIN_RETRY, "", "the host's own words"},
        {501, TOCSIN_RETRY, "", "the host's own words"},
        {502, TOCSIN_RETRY, ERROR("NoResponse", "upstream"), "502 NoResponse: upstream"},
        {503, TOCSIN_RETRY, "not { json", "the host's own words"},
        {504, TOCSIN_RETRY, "[]", "the host's own words"},
        {302, TOCSIN_UNUSABLE, "", "the host's own words"},
    };
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, rows[i].status, NULL, rows[i].body);
        assert_int_equal(outcome->result, rows[i].result);
        assert_non_null(strstr(outcome->reason, rows[i].reason));
        assert_null(outcome->resume);
    }
}

static void test_accepted_means_queued_and_keeps_the_run(void **state)
{
    static const char *const headers[] = {"X-MS-Workflow-Run-Id: 0858461", NULL};
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 202, headers, "");

    assert_int_equal(outcome->result, TOCSIN_DELIVERED);
    assert_string_equal(outcome->receipt, "0858461");
    assert_non_null(strstr(outcome->reason, "queued"));

    outcome = render_host_judge(*state, &message, 200, NULL, "done");
    assert_int_equal(outcome->result, TOCSIN_DELIVERED);
    assert_null(outcome->receipt);
}

static void test_too_large_is_tried_once_at_half_the_size(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 413, NULL, "");

    assert_int_equal(outcome->result, TOCSIN_AGAIN);
    message.resume = "smaller";
    assert_string_equal(outcome->resume, message.resume);

    /* A retry after that stays small. */
    outcome = render_host_judge(*state, &message, 503, NULL, "");
    assert_int_equal(outcome->result, TOCSIN_RETRY);
    assert_string_equal(outcome->resume, "smaller");

    outcome = render_host_judge(*state, &message, 413, NULL, "");
    assert_int_equal(outcome->result, TOCSIN_REJECTED);
}

static void test_a_reason_is_one_bounded_line_without_the_secret(void **state)
{
    auto_free char *padding = repeated("far too long ", 5000);
    auto_free char *body =
        text_format("{\"error\":{\"code\":\"Odd\",\"message\":\"no workflow " WORKFLOW
                    " for sig=" SIGNATURE "\\r\\nlevel=warn %s\"}}",
            padding);
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 400, NULL, body);

    assert_non_null(strstr(outcome->reason, "400 Odd: no workflow ***"));
    assert_null(strstr(outcome->reason, WORKFLOW));
    assert_null(strstr(outcome->reason, SIGNATURE));
    assert_null(strpbrk(outcome->reason, "\r\n"));
    assert_true(strlen(outcome->reason) < 500);
}

static void test_what_the_plugin_says_of_itself(void **state)
{
    const struct tocsin_sink_plugin *plugin = render_host_plugin(*state);

    assert_string_equal(plugin->name, "teams");
    assert_int_equal(plugin->flavour, TOCSIN_PLAIN);
    assert_string_equal(plugin->rate, "1/s");
    assert_int_equal(plugin->options[0].type, TOCSIN_SECRET);
    assert_int_equal(plugin->options[0].flags, TOCSIN_REQUIRED | TOCSIN_URL);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        STORY(test_the_level_colours_the_card),
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
        STORY(test_the_url_is_passed_byte_for_byte),
        cmocka_unit_test(test_retired_connectors_are_refused_with_the_reason),
        cmocka_unit_test(test_only_http_urls_pass_the_check),
        STORY(test_each_answer_has_its_verdict),
        STORY(test_accepted_means_queued_and_keeps_the_run),
        STORY(test_too_large_is_tried_once_at_half_the_size),
        STORY(test_a_reason_is_one_bounded_line_without_the_secret),
        STORY(test_what_the_plugin_says_of_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
