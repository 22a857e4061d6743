/* What the plugin takes for a webhook, and what it makes of the answers. */
#include "../cmocka_setup.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "json_walk.h"
#include "render_host.h"
#include "teams_host.h"

#define LEGACY "https://prod-17.westeurope.logic.azure.com:443/workflows/" WORKFLOW
#define INVOKE "/triggers/manual/paths/invoke"

static void test_the_url_is_passed_byte_for_byte(void **state)
{
    static const char *const urls[] = {URL,
        LEGACY INVOKE "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" SIGNATURE,
        "https://0123.45.environment.api.powerplatform.com:443/powerautomate/automations/direct/cu/"
        "7/workflows/" WORKFLOW INVOKE "?api-version=2022-03-01-preview&sp=%2ftriggers%2fmanual"
        "%2frun&sv=1.0&sig=a-b_c" SIGNATURE,
        "HTTPS://Example.ORG:443/a//b/../c;d=%41%2f+%20/?x=+&y=a+b%2Bc&&sig=" SIGNATURE
        "==&z=?/#f"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct render_host *host = teams_host_create(urls[i]);
        struct tocsin_message message = message_example();
        assert_null(render_host_check(host));
        const struct tocsin_request *request = render_host_render(host, &message);
        assert_string_equal(request->url, urls[i]);
        assert_true(!request->method || strcmp(request->method, "POST") == 0);
        assert_null(strstr(request->body, SIGNATURE));
        render_host_destroy(host);
    }
}

/* A shell ends an unquoted URL at its first &. */
static void test_half_a_url_is_refused_with_the_cure(void **state)
{
    static const char *const urls[] = {LEGACY INVOKE "?api-version=2016-06-01", LEGACY INVOKE,
        "https://0123.45.environment.api.powerplatform.com:443/powerautomate/automations/direct/"
        "workflows/" WORKFLOW INVOKE "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0",
        LEGACY INVOKE "?sig=", LEGACY INVOKE "?sig=&sv=1.0", LEGACY "/sig=x?resig=x"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct render_host *host = teams_host_create(urls[i]);
        const char *why = render_host_check(host);
        assert_non_null(why);
        assert_non_null(strstr(why, "no sig="));
        assert_null(strstr(why, WORKFLOW));
        render_host_destroy(host);
    }
}

static void test_retired_connectors_are_refused_with_the_reason(void **state)
{
    static const char *const urls[] = {"https://contoso.webhook.office.com/webhookb2/a@b/c/d",
        "https://CONTOSO.Webhook.Office.COM:443/webhookb2/a",
        "https://outlook.office.com/webhook/a", "https://user@outlook.office.com/webhook/a",
        "https://outlook.office.com", "https://contoso.webhook.office.com./webhookb2/a",
        "https://contoso.webhook.office.com.:443/webhookb2/a", "https://webhook.office.com/a",
        "HTTPS://OUTLOOK.OFFICE.COM:8443/webhook/a", "http://outlook.office365.com/webhook/a",
        "https://user:pass@contoso.webhook.office.com/a", "https://a@b@outlook.office.com/a",
        "https://outlook.office.com?x", "https://outlook.office.com#x",
        "https://outlook.office.com\\x"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct render_host *host = teams_host_create(urls[i]);
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
        {"https://mywebhook.office.com/x", true}, {"https://webhook.office.company/x", true},
        {"https://example.org/@outlook.office.com", true}, {"HTTPS://EXAMPLE.ORG/x", true},
        {"https:/example.org", false}, {" https://x", false},
        {"https://example.org/?host=x.webhook.office.com", true}, {"ftp://example.org/", false},
        {"file:///etc/passwd", false}, {"example.org", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct render_host *host = teams_host_create(rows[i].url);
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
            "400 TriggerInputSchemaMismatch: the workflow's trigger was changed: make the webhook "
            "anew from the template: Required properties: contentUrl."},
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
        {501, TOCSIN_UNUSABLE, "", "the host's own words"},
        {502, TOCSIN_RETRY, ERROR("NoResponse", "upstream"), "502 NoResponse: upstream"},
        {503, TOCSIN_RETRY, "not { json", "the host's own words"},
        {504, TOCSIN_RETRY, "[]", "the host's own words"},
        {302, TOCSIN_UNUSABLE, "", "the host's own words"},
        {400, TOCSIN_REJECTED, ERROR("InvalidRequestContent", "no JSON"),
            "400 InvalidRequestContent: no JSON"},
        {400, TOCSIN_UNUSABLE, ERROR("InvalidApiVersionParameter", "x"), "lost its query"},
        {400, TOCSIN_UNUSABLE, ERROR("workflowtriggerisnotenabled", "x"), "switched off"},
        {405, TOCSIN_REJECTED, "", "the host's own words"},
        {410, TOCSIN_UNUSABLE, "", "the host's own words"},
        {415, TOCSIN_REJECTED, "", "the host's own words"},
        {503, TOCSIN_RETRY, ERROR("WorkflowTriggerIsNotEnabled", "x"), "503 "},
        {408, TOCSIN_RETRY, ERROR("WorkflowNotFound", "x"), "408 "},
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

static void test_odd_bodies_are_read_as_far_as_they_go(void **state)
{
    static const struct {
        const char *body, *reason;
    } rows[] = {
        {"{\"error\":\"no such thing\"}", "400: no such thing"},
        {"{\"error\":{\"code\":\"Odd\"}}", "400 Odd"},
        {"{\"error\":{\"message\":\"only words\"}}", "400: only words"},
        {"{\"code\":\"Odd\",\"message\":\"of a gateway\"}", "400 Odd: of a gateway"},
        {"{\"statusCode\":400,\"message\":\"of a gateway\"}", "400: of a gateway"},
        {"{\"error\":null}", "the host's own words"},
        {"{\"error\":{\"code\":null,\"message\":null}}", "the host's own words"},
        {"{\"error\":{\"code\":17,\"message\":[\"x\"]}}", "the host's own words"},
        {"{\"error\":[{\"code\":\"Odd\"}]}", "the host's own words"},
        {"null", "the host's own words"},
        {"\"WorkflowTriggerIsNotEnabled\"", "the host's own words"},
        {"{\"error\":{\"code\":\"Odd\"", "the host's own words"},
        {"\xef\xbb\xbf{\"error\":{\"code\":\"Odd\"}}", "the host's own words"},
        {"<html><body>WorkflowNotFound</body></html>", "the host's own words"},
    };
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, 400, NULL, rows[i].body);
        assert_int_equal(outcome->result, TOCSIN_REJECTED);
        assert_string_equal(outcome->reason, rows[i].reason);
    }
}

static void test_huge_and_deep_bodies_do_no_harm(void **state)
{
    static const char *const units[] = {"[", "{\"error\":", "<p>", "\"", "\xff"};
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        auto_free char *body = repeated(units[i], 8192);
        const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 400, NULL, body);
        assert_int_equal(outcome->result, TOCSIN_REJECTED);
        assert_string_equal(outcome->reason, "the host's own words");
    }
}

#define FAILED "Webhook message delivery failed with error: Microsoft Teams endpoint returned "

/* As the retired connectors did, which may live on behind a name of somebody's own. */
static void test_a_failure_wrapped_in_a_success_is_none(void **state)
{
    static const struct {
        const char *body;
        uint32_t result;
    } rows[] = {
        {FAILED "HTTP error 429 with ContextId tcid=0", TOCSIN_RETRY},
        {FAILED "HTTP error 503 with ContextId tcid=0", TOCSIN_RETRY},
        {FAILED "HTTP error 400 with ContextId tcid=0", TOCSIN_REJECTED},
        {FAILED "HTTP error 403 with ContextId tcid=0", TOCSIN_UNUSABLE},
        {FAILED "HTTP error 404 with ContextId tcid=0", TOCSIN_UNUSABLE},
        {FAILED "HTTP error 413 with ContextId tcid=0", TOCSIN_AGAIN},
        {FAILED "HTTP error", TOCSIN_REJECTED},
        {FAILED "HTTP error 99999", TOCSIN_REJECTED},
        {"Webhook message delivery failed", TOCSIN_REJECTED},
        {"1", TOCSIN_DELIVERED},
        {"", TOCSIN_DELIVERED},
        {"{\"error\":{\"code\":\"ignored\"}}", TOCSIN_DELIVERED},
    };
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, 200, NULL, rows[i].body);
        assert_int_equal(outcome->result, rows[i].result);
        if (rows[i].result != TOCSIN_DELIVERED)
            assert_non_null(strstr(outcome->reason, "200, but not delivered: Webhook message"));
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

/* A signature that holds what a query has to encode. */
static void test_a_decoded_secret_is_blotted_out_as_well(void **state)
{
    struct render_host *host =
        teams_host_create("https://a.example/x?sig=ab%2Fcd%2bef-gh_ij%3D%3D%&x=%00%00%00%00%00%00");
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome = render_host_judge(host, &message, 400, NULL,
        ERROR("Odd", "sig AB/cd+ef-gh_ij==% is not ab%2Fcd%2Bef-gh_ij%3D%3D%"));

    (void)state;
    assert_non_null(strstr(outcome->reason, "400 Odd: sig ***"));
    assert_null(strcasestr(outcome->reason, "ef-gh_ij"));
    render_host_destroy(host);
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, teams_set_up, teams_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_url_is_passed_byte_for_byte),
        cmocka_unit_test(test_half_a_url_is_refused_with_the_cure),
        cmocka_unit_test(test_retired_connectors_are_refused_with_the_reason),
        cmocka_unit_test(test_only_http_urls_pass_the_check),
        STORY(test_each_answer_has_its_verdict),
        STORY(test_odd_bodies_are_read_as_far_as_they_go),
        STORY(test_huge_and_deep_bodies_do_no_harm),
        STORY(test_a_failure_wrapped_in_a_success_is_none),
        STORY(test_accepted_means_queued_and_keeps_the_run),
        STORY(test_too_large_is_tried_once_at_half_the_size),
        cmocka_unit_test(test_a_decoded_secret_is_blotted_out_as_well),
        STORY(test_a_reason_is_one_bounded_line_without_the_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
