#include "../cmocka_setup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <tocsin/sink.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/secret.h"
#include "event/facts.h"
#include "flow/drill_report.h"
#include "lane/http.h"
#include "message/message.h"
#include "sink/attempt.h"
#include "sink/plugin.h"
#include "sink/sink.h"

#define URL "https://hook.example:8443/hooks/planted-id?sig=planted-signature"

struct config {
    const char *file;
    struct tocsin_secret url;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, file, TOCSIN_PATH, NULL, "no place to deliver to"),
    TOCSIN_OPTION(struct config, url, TOCSIN_URL, NULL, "where to"),
};

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
}

/* A sink that knows its secrets, and a drill of it that has begun. */
struct scene {
    struct config config;
    struct plugin plugin;
    struct secrets *secrets;
    struct sink sink;
    struct facts *facts;
    struct message message;
    struct drill_report report;
};

static int set_up(void **state)
{
    struct scene *scene = mem_alloc(sizeof *scene);

    scene->config = (struct config){.file = "/etc/hostname", .url = {URL}};
    scene->plugin.descriptor =
        (struct tocsin_sink_plugin){TOCSIN_SINK_V1, .name = "made-up", .render = render};
    scene->plugin.options = OPTION_TABLE(options);
    scene->secrets = secrets_create();
    secrets_add_url(scene->secrets, URL);
    scene->sink = (struct sink){.name = (char *)"mine",
        .plugin = &scene->plugin,
        .config = &scene->config,
        .secrets = scene->secrets};
    scene->facts = facts_begin();
    facts_add(scene->facts, "host", "planted-id");
    scene->message = (struct message){
        .title = (char *)"Drill", .text_plain = (char *)"words", .level = 4, .facts = scene->facts};
    const struct dispatch dispatch = {
        .delivery = (char *)"f00-d1", .event = (char *)"f00-e1", .message = &scene->message};
    drill_report_begin(&scene->report, &scene->sink, &dispatch);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    drill_report_finish(&scene->report);
    facts_release(scene->facts);
    secrets_destroy(scene->secrets);
    free(scene);
    return 0;
}

static void ask(struct scene *scene, const char *const *headers, const char *body)
{
    const struct http_request request = {
        .method = "POST", .url = URL, .headers = headers, .body = body, .body_len = strlen(body)};

    drill_report_request(&scene->report, &request);
}

/* headers: each ends with NUL, and an empty one is the last. */
static void answer(struct scene *scene, const char *headers, const char *body, bool is_cut)
{
    const struct http_answer answer = {.status = 400,
        .headers = headers,
        .body = body,
        .body_len = strlen(body),
        .is_cut = is_cut};

    drill_report_answer(&scene->report, &answer);
}

static char *whole(const struct scene *scene)
{
    return json_dumps(scene->report.root, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* The part of the last exchange. */
static const json_t *last(const struct scene *scene, const char *part)
{
    const json_t *exchanges = json_object_get(scene->report.root, "exchanges");

    return json_object_get(json_array_get(exchanges, json_array_size(exchanges) - 1), part);
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *header(const json_t *part, size_t i)
{
    return json_string_value(json_array_get(json_object_get(part, "headers"), i));
}

static void test_a_secret_url_shows_where_it_leads_and_no_more(void **state)
{
    struct scene *scene = *state;

    ask(scene, NULL, "{}");
    assert_string_equal(text(scene->report.root, "to"), "https://hook.example:8443/***");
    assert_string_equal(text(last(scene, "request"), "url"), "https://hook.example:8443/***");
}

static void test_no_text_comes_in_with_a_secret(void **state)
{
    struct scene *scene = *state;
    static const char *const headers[] = {"X-Note: planted-id", NULL};
    const struct attempt_result result = {.result = TOCSIN_RETRY,
        .reason = "no planted-signature",
        .receipt = "planted-id",
        .retry_after_ms = 5};

    ask(scene, headers, "{\"url\": \"" URL "\"}");
    answer(scene, "Server: planted-id\0", "you sent planted%2Did", false);
    drill_report_outcome(&scene->report, &result);
    auto_free char *all = whole(scene);
    assert_null(strstr(all, "planted"));
    assert_string_equal(text(last(scene, "request"), "body"), "{\"url\": \"***\"}");
    assert_string_equal(text(last(scene, "answer"), "body"), "you sent ***");
}

static void test_headers_that_show_who_one_is_are_hidden_whatever_they_hold(void **state)
{
    struct scene *scene = *state;
    static const char *const headers[] = {"Authorization: Bearer made-by-the-plugin",
        "X-API-Key: another-made-one", "cookie: a=made-cookie", "Idempotency-Key: f00-d1",
        "Content-Type: text/plain", NULL};

    ask(scene, headers, "made-by-the-plugin");
    assert_string_equal(header(last(scene, "request"), 0), "Authorization: ***");
    assert_string_equal(header(last(scene, "request"), 1), "X-API-Key: ***");
    assert_string_equal(header(last(scene, "request"), 2), "cookie: ***");
    assert_string_equal(header(last(scene, "request"), 3), "Idempotency-Key: f00-d1");
    assert_string_equal(header(last(scene, "request"), 4), "Content-Type: text/plain");
    answer(scene, "Server: another-made-one\0",
        "Bearer made-by-the-plugin is not known, made-by-the-plugin neither", false);
    auto_free char *all = whole(scene);
    assert_null(strstr(all, "made-by-the-plugin"));
    assert_null(strstr(all, "another-made-one"));
}

static void test_of_an_answers_headers_those_that_tell_something_are_shown(void **state)
{
    struct scene *scene = *state;

    ask(scene, NULL, "");
    answer(scene,
        "content-type: text/plain\0Set-Cookie: s=1\0Retry-After: 9\0X-Powered-By: steam\0"
        "Location: https://login.example/in?state=key\0",
        "", false);
    const json_t *shown = last(scene, "answer");
    assert_int_equal(json_array_size(json_object_get(shown, "headers")), 3);
    assert_string_equal(header(shown, 0), "content-type: text/plain");
    assert_string_equal(header(shown, 1), "Retry-After: 9");
    assert_string_equal(header(shown, 2), "Location: https://login.example/***");
}

static void test_a_secret_across_the_end_of_a_cut_answer_is_hidden(void **state)
{
    struct scene *scene = *state;

    ask(scene, NULL, "");
    answer(scene, "\0", "posted to https://hook.example:8443/hooks/plan", true);
    assert_string_equal(text(last(scene, "answer"), "body"), "posted to ***");
    assert_true(json_is_true(json_object_get(last(scene, "answer"), "body_is_cut")));
}

static void test_a_long_body_is_cut_after_it_was_cleaned(void **state)
{
    struct scene *scene = *state;
    auto_buf struct buf body = {0};

    while (body.len < 65530)
        buf_puts(&body, "x");
    buf_puts(&body, URL " and more");
    ask(scene, NULL, buf_text(&body));
    const char *shown = text(last(scene, "request"), "body");
    assert_int_equal(strlen(shown), 65536);
    assert_string_equal(shown + 65528, "xx*** an");
    assert_int_equal(
        json_integer_value(json_object_get(last(scene, "request"), "body_bytes")), body.len);
}

static void test_without_an_answer_the_reason_stands_there(void **state)
{
    struct scene *scene = *state;
    const struct http_answer none = {.failure = "nobody there", .took_ms = 7};

    ask(scene, NULL, "");
    drill_report_answer(&scene->report, &none);
    assert_string_equal(text(last(scene, "answer"), "failure"), "nobody there");
    assert_null(json_object_get(last(scene, "answer"), "status"));
}

static void test_each_outcome_has_its_word_and_says_what_to_do(void **state)
{
    static const char *const words[] = {[TOCSIN_DELIVERED] = "delivered",
        [TOCSIN_RETRY] = "retry",
        [TOCSIN_REJECTED] = "rejected",
        [TOCSIN_UNUSABLE] = "unusable"};
    struct scene *scene = *state;

    for (uint32_t i = TOCSIN_DELIVERED; i <= TOCSIN_UNUSABLE; i++) {
        const struct attempt_result result = {.result = i, .maybe_sent = true};
        drill_report_outcome(&scene->report, &result);
        const json_t *outcome = json_object_get(scene->report.root, "outcome");
        assert_string_equal(text(outcome, "result"), words[i]);
        assert_true(strlen(text(outcome, "next")) > 20);
        assert_int_equal(
            json_is_true(json_object_get(outcome, "may_have_arrived")), i != TOCSIN_DELIVERED);
        assert_null(json_object_get(outcome, "reason"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_secret_url_shows_where_it_leads_and_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_text_comes_in_with_a_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_headers_that_show_who_one_is_are_hidden_whatever_they_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_of_an_answers_headers_those_that_tell_something_are_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_secret_across_the_end_of_a_cut_answer_is_hidden, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_long_body_is_cut_after_it_was_cleaned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_without_an_answer_the_reason_stands_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_each_outcome_has_its_word_and_says_what_to_do, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
