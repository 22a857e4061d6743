/* ECS documents as Elasticsearch would store them. */
#include "../cmocka_setup.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"
#include "syslog_line.h"

#define HEADER "<130>1 2026-11-23T10:00:00.123Z router.example.org tocsin - alert - "

static const char event[] =
    "{\"objects\":{\"alert\":{\"source\":\"10.20.3.4\",\"target\":\"DC-01 (10.20.0.10)\","
    "\"similar\":12,\"user\":\"adm\",\"rule\":{\"uuid\":\"r-1\",\"name\":\"Dumping\"}}}}";

static void test_a_line_is_exactly_this(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of_event(&message, event, SETTINGS("format=ecs"));
    assert_string_equal(after(line, HEADER),
        "{\"@timestamp\":\"2026-11-23T10:00:00.123Z\",\"ecs\":{\"version\":\"8.11.0\"},"
        "\"log\":{\"level\":\"critical\"},"
        "\"event\":{\"kind\":\"alert\",\"id\":\"e4f1-9\",\"severity\":9,\"risk_score\":85,"
        "\"action\":\"created\",\"category\":[\"intrusion_detection\"],\"module\":\"tocsin\","
        "\"dataset\":\"tocsin.alert\",\"url\":\"https://app.example.org/alerts/AL-1?a=1&b=2\"},"
        "\"tocsin\":{\"delivery\":\"d4f1-17\",\"level\":\"urgent\","
        "\"thread\":\"8f0c5b1e-0000-4000-8000-000000000001\","
        "\"rule\":\"urgent alerts wake people\",\"count\":12},"
        "\"observer\":{\"product\":\"tocsin\",\"hostname\":\"router.example.org\"},"
        "\"source\":{\"ip\":\"10.20.3.4\"},"
        "\"destination\":{\"ip\":\"10.20.0.10\",\"domain\":\"DC-01\"},"
        "\"host\":{\"name\":\"DC-01\"},\"user\":{\"name\":\"adm\"},"
        "\"rule\":{\"name\":\"Dumping\",\"id\":\"r-1\"},"
        "\"labels\":{\"urgency\":\"85 / 100 (Urgent)\",\"status\":\"Ongoing\","
        "\"entity\":\"Acme, Paris\",\"source\":\"10.0.0.7\"},"
        "\"message\":\"Mimikatz on DC01\\nA credential dumper was seen.\\nIsolate the host.\"}");
}

static void test_header_and_cookie_are_options(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *cookie = line_of(&message, SETTINGS("format=ecs", "cee=true"));
    after(cookie, HEADER "@cee: {\"@timestamp\":");
    auto_free char *none = line_of(&message, SETTINGS("format=ecs", "header=none"));
    after(none, "{\"@timestamp\":");
    auto_free char *old = line_of(&message, SETTINGS("format=ecs", "header=rfc3164"));
    assert_has(old, "]: {\"@timestamp\":");
}

/* The document behind the header; the caller's. */
static json_t *document_of(const char *line)
{
    json_error_t error;
    json_t *document = json_loads(strchr(line, '{'), JSON_REJECT_DUPLICATES, &error);

    if (!document)
        fail_msg("%s in %s", error.text, line);
    return document;
}

static const char *text_at(json_t *document, const char *group, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(document, group), name));

    assert_non_null(text);
    return text;
}

static void test_no_text_adds_a_member_or_a_line(void **state)
{
    static const struct tocsin_fact facts[] = {{"a\"b.c\n", "d\"},{\r\ne"}, {"a\"b.c\n", "last"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "x\",\"event\":{\"id\":\"forged\"}\xe2\x80\xa8\xc2\x85\x7f\x1b.";
    message.text_plain = "one\r\ntwo\t\\\"";
    message.type = "T.\"\n";
    message.rule = "r\"\\";
    message.facts = facts;
    message.fact_count = 2;
    auto_free char *line = line_of(&message, SETTINGS("format=ecs"));
    assert_one_line(line);
    auto_json json_t *document = document_of(line);
    assert_string_equal(json_string_value(json_object_get(document, "message")),
        "x\",\"event\":{\"id\":\"forged\"}    .\none \ntwo \\\"");
    assert_string_equal(text_at(document, "event", "id"), "e4f1-9");
    assert_string_equal(text_at(document, "event", "kind"), "event");
    assert_string_equal(text_at(document, "event", "dataset"), "tocsin.t___");
    assert_string_equal(text_at(document, "tocsin", "rule"), "r\"\\");
    assert_string_equal(text_at(document, "labels", "a_b_c_"), "last");
    assert_null(json_object_get(json_object_get(document, "event"), "category"));
}

static void test_marks_are_tags(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
    auto_free char *line = line_of(&message, SETTINGS("format=ecs"));
    assert_has(line, ",\"tags\":[\"possible_repeat\",\"not_enriched\",\"fallback\"],");
}

static void test_what_is_unknown_is_left_out(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.urgency = -1;
    message.link = NULL;
    message.thread = message.rule = message.type = message.action = message.text_plain = "";
    message.fact_count = 0;
    message.time_ms = -1;
    message.now_ms = 1795428000123;
    auto_free char *line = line_of(&message, SETTINGS("format=ecs"));
    assert_string_equal(after(line, "<130>1 - router.example.org tocsin - - - "),
        "{\"@timestamp\":\"2026-11-23T10:00:00.123Z\",\"ecs\":{\"version\":\"8.11.0\"},"
        "\"log\":{\"level\":\"critical\"},\"event\":{\"kind\":\"event\",\"id\":\"e4f1-9\","
        "\"severity\":9,\"module\":\"tocsin\",\"dataset\":\"tocsin.event\"},"
        "\"tocsin\":{\"delivery\":\"d4f1-17\",\"level\":\"urgent\"},"
        "\"observer\":{\"product\":\"tocsin\",\"hostname\":\"router.example.org\"},"
        "\"message\":\"Mimikatz on DC01\"}");
}

/* Whatever is cut, it is JSON, it fits, and the title stands in it. */
static void test_json_is_never_cut(void **state)
{
    static const char *const texts[] = {"\xf0\x9f\x94\xa5", "\"", "\\\n", "a"};
    struct tocsin_message message = sample_message();
    char host[9 + 255 + 1] = "hostname=";

    (void)state;
    memset(host + 9, 'h', 255);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        auto_buf struct buf text = {0};
        for (int times = 0; times < 2000; times++)
            buf_puts(&text, texts[i]);
        message.text_plain = buf_text(&text);
        for (size_t max = 480; max < 1600; max += 37) {
            char setting[32];
            (void)snprintf(setting, sizeof setting, "max_len=%zu", max);
            auto_free char *line =
                line_of_event(&message, event, SETTINGS("format=ecs", "cee=true", host, setting));
            assert_true(strlen(line) <= max && strlen(line) > max - 60);
            assert_one_line(line);
            auto_json json_t *document = document_of(line);
            const char *said = json_string_value(json_object_get(document, "message"));
            assert_non_null(said);
            assert_memory_equal(said, "Mimikatz", 8);
            assert_string_equal(said + strlen(said) - 3, "\xe2\x80\xa6");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_exactly_this),
        cmocka_unit_test(test_header_and_cookie_are_options),
        cmocka_unit_test(test_no_text_adds_a_member_or_a_line),
        cmocka_unit_test(test_marks_are_tags),
        cmocka_unit_test(test_what_is_unknown_is_left_out),
        cmocka_unit_test(test_json_is_never_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
