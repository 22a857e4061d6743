/* What the Mattermost plugin makes of each answer. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "render_host.h"

#define HOOK "k8hrkq1m3tnumx5o7wd9zs4ybe"

static int set_up(void **state)
{
    *state = render_host_create(getenv("TOCSIN_PLUGIN"),
        (const char *const[]){
            "url=https://chat.example.org/hooks/k8hrkq1m3tnumx5o7wd9zs4ybe", NULL});
    return 0;
}

static int tear_down(void **state)
{
    render_host_destroy(*state);
    return 0;
}

#define ERROR(id)                                                                                  \
    "{\"id\":\"" id "\",\"message\":\"for incoming webhook " HOOK                                  \
    ".\",\"detailed_error\":\"\",\"request_id\":\"q1w2e3r4t5y6\",\"status_code\":0}"
#define WEB(id) ERROR("web.incoming_webhook." id ".app_error")

static void test_each_answer_has_its_verdict(void **state)
{
    static const struct {
        uint32_t status, result;
        const char *body, *reason;
    } rows[] = {
        {200, TOCSIN_DELIVERED, "ok", NULL},
        {200, TOCSIN_UNUSABLE, "<!doctype html>", "200, but not Mattermost's \"ok\""},
        {200, TOCSIN_UNUSABLE, "ok\n", "no incoming webhook"},
        {200, TOCSIN_UNUSABLE, "", "no incoming webhook"},
        {204, TOCSIN_UNUSABLE, "", "204"},
        {400, TOCSIN_UNUSABLE, WEB("invalid"),
            "400 web.incoming_webhook.invalid.app_error (request q1w2e3r4t5y6): there is no such"},
        {400, TOCSIN_UNUSABLE, WEB("general"),
            "400 web.incoming_webhook.general.app_error (request q1w2e3r4t5y6): most likely the "
            "webhook was deleted"},
        {400, TOCSIN_UNUSABLE, WEB("user"), "user.app_error (request"},
        {400, TOCSIN_UNUSABLE, WEB("channel"), "channel.app_error"},
        {400, TOCSIN_UNUSABLE, WEB("channel_locked"), "channel_locked"},
        {400, TOCSIN_UNUSABLE, WEB("permissions"), "permissions"},
        {400, TOCSIN_UNUSABLE, WEB("disabled"), "switched off"},
        {400, TOCSIN_AGAIN, WEB("decode"), "400 web.incoming_webhook.decode.app_error"},
        {400, TOCSIN_AGAIN, WEB("parse"), "MaximumPayloadSizeBytes"},
        {400, TOCSIN_REJECTED, WEB("text"), "text.app_error"},
        {400, TOCSIN_AGAIN, WEB("split_props_length"), "split_props_length"},
        {400, TOCSIN_REJECTED, ERROR("api.context.invalid_param.app_error"), "invalid_param"},
        {400, TOCSIN_REJECTED, "<html>Bad Request</html>", "the host's own words"},
        {401, TOCSIN_UNUSABLE, "", "the host's own words"},
        {403, TOCSIN_UNUSABLE, WEB("general"), "q1w2e3r4t5y6): the webhook is locked"},
        {403, TOCSIN_UNUSABLE, WEB("channel_locked"), "leave `channel` out"},
        {404, TOCSIN_UNUSABLE, WEB("general"), "`channel` names no channel"},
        {404, TOCSIN_UNUSABLE, ERROR("app.channel.get.existing.app_error"), "404 app.channel"},
        {413, TOCSIN_AGAIN, ERROR("api.context.request_body_too_large.app_error"), "413 "},
        {413, TOCSIN_AGAIN, "<html>Request Entity Too Large</html>", "the host's own words"},
        {429, TOCSIN_RETRY, "limit exceeded\n", "the host's own words"},
        {500, TOCSIN_RETRY, WEB("general"), "500 web.incoming_webhook.general.app_error"},
        {500, TOCSIN_RETRY, "{\"id\":\"\",\"message\":\"Internal Server Error\"}",
            "the host's own words"},
        {501, TOCSIN_UNUSABLE, WEB("general"), "switched off"},
        {501, TOCSIN_UNUSABLE, WEB("disabled"), "switched off"},
        {503, TOCSIN_RETRY, "", "the host's own words"},
        {302, TOCSIN_UNUSABLE, "", "the host's own words"},
    };
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, rows[i].status, NULL, rows[i].body);
        assert_int_equal(outcome->result, rows[i].result);
        if (rows[i].reason)
            assert_non_null(strstr(outcome->reason, rows[i].reason));
        assert_null(strstr(outcome->reason, HOOK));
    }
}

static void test_a_server_that_takes_little_is_asked_once_more(void **state)
{
    struct tocsin_message message = message_example();

    for (uint32_t status = 400; status <= 413; status += 13) {
        message.resume = NULL;
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, status, NULL, WEB("decode"));
        assert_int_equal(outcome->result, TOCSIN_AGAIN);
        assert_string_equal(outcome->resume, "shortened");
        message.resume = "shortened";
        outcome = render_host_judge(*state, &message, status, NULL, WEB("decode"));
        assert_int_equal(outcome->result, TOCSIN_REJECTED);
        assert_null(outcome->resume);
    }
}

/* Of what the server meant by a 500, the webhook is the least likely. */
static void test_trouble_of_the_servers_own_is_not_explained_away(void **state)
{
    struct tocsin_message message = message_example();
    const struct tocsin_outcome *outcome =
        render_host_judge(*state, &message, 500, NULL, WEB("general"));

    assert_string_equal(
        outcome->reason, "500 web.incoming_webhook.general.app_error (request q1w2e3r4t5y6)");
}

static void test_the_request_id_is_the_receipt(void **state)
{
    static const char *const headers[] = {"x-request-id: q1w2e3r4t5y6", NULL};
    static const char *const odd[] = {"X-Request-Id: two words", NULL};
    struct tocsin_message message = message_example();

    const struct tocsin_outcome *outcome = render_host_judge(*state, &message, 200, headers, "ok");
    assert_string_equal(outcome->receipt, "q1w2e3r4t5y6");
    outcome = render_host_judge(*state, &message, 200, odd, "ok");
    assert_null(outcome->receipt);
}

static void test_a_far_end_that_repeats_the_secret_is_not_repeated(void **state)
{
    static const char *const bodies[] = {"{\"id\":\"" HOOK "\",\"request_id\":\"" HOOK "\"}",
        "{\"id\":\"a.b\\nlevel=warn msg=" HOOK "\"}", "{\"id\":7}", "{\"id\":null}"};
    struct tocsin_message message = message_example();

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct tocsin_outcome *outcome =
            render_host_judge(*state, &message, 400, NULL, bodies[i]);
        assert_null(strstr(outcome->reason, HOOK));
        assert_null(strchr(outcome->reason, '\n'));
    }
}

#define STORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_each_answer_has_its_verdict),
        STORY(test_a_server_that_takes_little_is_asked_once_more),
        STORY(test_trouble_of_the_servers_own_is_not_explained_away),
        STORY(test_the_request_id_is_the_receipt),
        STORY(test_a_far_end_that_repeats_the_secret_is_not_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
