/* What a line looks like to the receiver (RFC 5424). */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "deliver_host.h"
#include "receiver.h"
#include "syslog_line.h"

static void test_a_line_is_exactly_this(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of(&message, SETTINGS(NULL));
    assert_string_equal(line,
        "<130>1 2026-11-23T10:00:00.123Z router.example.org tocsin - alert "
        "[tocsin@32473 id=\"d4f1-17\" event=\"e4f1-9\" type=\"alert\" action=\"created\" "
        "level=\"urgent\" urgency=\"85\" rule=\"urgent alerts wake people\" "
        "thread=\"8f0c5b1e-0000-4000-8000-000000000001\" "
        "link=\"https://app.example.org/alerts/AL-1?a=1&b=2\"] "
        "Mimikatz on DC01 - urgency=\"85 / 100 (Urgent)\" status=\"Ongoing\" "
        "entity=\"Acme, Paris\" source=\"10.0.0.7\" "
        "- A credential dumper was seen. Isolate the host.");
}

static void test_level_and_facility_make_the_priority(void **state)
{
    static const struct {
        uint32_t level;
        int32_t urgency;
        const char *facility, *start;
    } rows[] = {
        {TOCSIN_INFO, 3, "facility=local0", "<134>1 "},
        {TOCSIN_LOW, 30, "facility=local0", "<133>1 "},
        {TOCSIN_MEDIUM, 50, "facility=local0", "<132>1 "},
        {TOCSIN_HIGH, 75, "facility=local0", "<131>1 "},
        {TOCSIN_URGENT, -1, "facility=local0", "<130>1 "},
        {TOCSIN_URGENT, 100, "facility=local0", "<129>1 "},
        {TOCSIN_URGENT, 85, "facility=local7", "<186>1 "},
        {TOCSIN_URGENT, 85, "facility=user", "<10>1 "},
        {TOCSIN_URGENT, 85, "facility=authpriv", "<82>1 "},
        {TOCSIN_URGENT, 85, "facility=alert", "<114>1 "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = sample_message();
        message.level = rows[i].level;
        message.urgency = rows[i].urgency;
        auto_free char *line = line_of(&message, SETTINGS(rows[i].facility));
        assert_memory_equal(line, rows[i].start, strlen(rows[i].start));
    }
}

static void test_structured_data_is_escaped(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.rule = "a \"b\" c] \\d =e";
    auto_free char *line = line_of(&message, SETTINGS(NULL));
    assert_has(line, " rule=\"a \\\"b\\\" c\\] \\\\d =e\" thread=");
}

static void test_nothing_begins_a_second_line(void **state)
{
    static const struct tocsin_fact facts[] = {{"A\nb c]é", "x\n<0>1 - - - - - \"emerg\"\r\n"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "x\r\n<0>1 - - - - - forged\xe2\x80\xa8next\xc2\x85line\x7f\x1b[31m";
    message.rule = "rule\nx";
    message.type = "al ert\né";
    message.text_plain = "one\ntwo\r\nthree";
    message.facts = facts;
    message.fact_count = 1;
    auto_free char *line = line_of(&message, SETTINGS(NULL));
    assert_one_line(line);
    assert_has(line, " - al_ert___ [tocsin@32473");
    assert_has(line, " rule=\"rule x\"");
    assert_has(line, "] x  <0>1 - - - - - forged next line  [31m - ");
    assert_has(line, " a_b_c__=\"x <0>1 - - - - - \\\"emerg\\\"  \" - one two  three");
}

static void test_what_is_unknown_is_left_out(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.urgency = -1;
    message.link = NULL;
    message.thread = message.rule = message.type = message.text_plain = "";
    message.fact_count = 0;
    message.time_ms = -1;
    auto_free char *line = line_of(&message, SETTINGS(NULL));
    assert_string_equal(line,
        "<130>1 - router.example.org tocsin - - [tocsin@32473 id=\"d4f1-17\" event=\"e4f1-9\" "
        "action=\"created\" level=\"urgent\"] Mimikatz on DC01");
}

static void test_marks_are_said(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
    auto_free char *line = line_of(&message, SETTINGS(NULL));
    assert_has(line,
        "] Mimikatz on DC01 [possible repeat] [not enriched] [meant for another sink] - urgency=");
}

static void test_the_byte_order_mark_is_an_option(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of(&message, SETTINGS("bom=true"));
    assert_has(line, "] \xef\xbb\xbfMimikatz on DC01");
}

static void test_the_app_name_is_an_option(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of(&message, SETTINGS("app_name=soc-router"));
    assert_has(line, " router.example.org soc-router - alert [");
}

static void test_a_long_text_is_cut_on_a_character(void **state)
{
    static const size_t sizes[] = {480, 481, 482, 1000, 2048};
    struct tocsin_message message = sample_message();
    auto_buf struct buf text = {0};

    (void)state;
    for (int i = 0; i < 2000; i++)
        buf_puts(&text, "€");
    message.text_plain = buf_text(&text);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char setting[32];
        (void)snprintf(setting, sizeof setting, "max_len=%zu", sizes[i]);
        auto_free char *line = line_of(&message, SETTINGS(setting));
        size_t len = strlen(line);
        assert_true(len <= sizes[i] && len > sizes[i] - 6);
        assert_true(utf8_is_valid(line, len));
        assert_string_equal(line + len - 3, "...");
        assert_has(line, "link=\"https://app.example.org/alerts/AL-1?a=1&b=2\"] Mimikatz on DC01");
    }
}

static void test_a_parameter_that_does_not_fit_is_left_out_whole(void **state)
{
    struct tocsin_message message = sample_message();
    auto_buf struct buf rule = {0};

    (void)state;
    for (int i = 0; i < 3000; i++)
        buf_puts(&rule, "\"]");
    message.rule = buf_text(&rule);
    auto_free char *line = line_of(&message, SETTINGS(NULL));
    assert_null(strstr(line, "rule="));
    assert_has(line, " urgency=\"85\" thread=\"");
    assert_has(line, "] Mimikatz on DC01 - ");
}

static void test_the_longest_header_leaves_room_for_a_title(void **state)
{
    struct tocsin_message message = sample_message();
    char host[9 + 255 + 1] = "hostname=", app[9 + 48 + 1] = "app_name=";
    struct receiver receiver = receiver_udp();
    const char *settings[] = {receiver.url, host, app, "max_len=480", "bom=true", NULL};

    (void)state;
    memset(host + 9, 'h', 255);
    memset(app + 9, 'a', 48);
    message.type = "a-type-that-is-longer-than-thirty-two-characters";
    struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", settings);
    assert_null(deliver_host_check(sink));
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    auto_free char *line = receiver_datagram(&receiver);
    assert_true(strlen(line) <= 480);
    assert_has(line, " a-type-that-is-longer-than-thirt [tocsin@32473 id=\"");
    assert_has(line, "] \xef\xbb\xbfMimikatz on DC01");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_exactly_this),
        cmocka_unit_test(test_level_and_facility_make_the_priority),
        cmocka_unit_test(test_structured_data_is_escaped),
        cmocka_unit_test(test_nothing_begins_a_second_line),
        cmocka_unit_test(test_what_is_unknown_is_left_out),
        cmocka_unit_test(test_marks_are_said),
        cmocka_unit_test(test_the_byte_order_mark_is_an_option),
        cmocka_unit_test(test_the_app_name_is_an_option),
        cmocka_unit_test(test_a_long_text_is_cut_on_a_character),
        cmocka_unit_test(test_a_parameter_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(test_the_longest_header_leaves_room_for_a_title),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
