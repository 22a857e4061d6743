/* What a line of RFC 3164 looks like to the receiver. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"
#include "syslog_line.h"

#define HEADER "<130>Nov 23 11:00:00 router.example.org "

/* The line behind "tocsin[PID]: ". */
static const char *content(const char *line)
{
    char tag[64];

    (void)snprintf(tag, sizeof tag, HEADER "tocsin[%d]: ", (int)getpid());
    return after(line, tag);
}

static void test_a_line_is_exactly_this(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164"));
    assert_string_equal(content(line),
        "Mimikatz on DC01 - level=\"urgent\" urgency=\"85\" id=\"d4f1-17\" "
        "link=\"https://app.example.org/alerts/AL-1?a=1&b=2\" event=\"e4f1-9\" type=\"alert\" "
        "action=\"created\" rule=\"urgent alerts wake people\" "
        "thread=\"8f0c5b1e-0000-4000-8000-000000000001\" fact_urgency=\"85 / 100 (Urgent)\" "
        "status=\"Ongoing\" entity=\"Acme, Paris\" source=\"10.0.0.7\" "
        "- A credential dumper was seen. Isolate the host.");
}

static void test_the_day_is_padded_with_a_blank(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.time_ms = 1772403199000; /* 2026-03-01T22:13:19Z */
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164"));
    after(line, "<130>Mar  1 23:13:19 router.example.org tocsin[");
}

static void test_a_time_that_is_not_known_is_now(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.time_ms = -1;
    message.now_ms = 1772403199000;
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164"));
    after(line, "<130>Mar  1 23:13:19 router.example.org tocsin[");
}

static void test_the_tag_is_an_option(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164", "app_name=soc-router_2.a"));
    after(line, HEADER "soc-router_2.a[");
}

static void test_nothing_looks_like_a_field_that_is_none(void **state)
{
    static const struct tocsin_fact facts[] = {
        {"Id", "fact"}, {"LINK", "a\" id=\"x\\"}, {"thread", "t"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "a id=\"forged\" b";
    message.text_plain = "c level=\"info\"\nd";
    message.rule = "e\" id=\"f";
    message.facts = facts;
    message.fact_count = 3;
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164"));
    assert_one_line(line);
    after(content(line), "a id='forged' b - level=\"urgent\" urgency=\"85\" id=\"d4f1-17\" ");
    assert_has(line, " rule=\"e\\\" id=\\\"f\" ");
    assert_has(line, " fact_id=\"fact\" fact_link=\"a\\\" id=\\\"x\\\\\" fact_thread=\"t\" - c ");
    assert_has(line, " - c level='info' d");
}

static void test_nothing_begins_a_second_line(void **state)
{
    static const struct tocsin_fact facts[] = {{"A\nb]é", "x\n<0>y\r\n\t\xf0\x9f\x94\xa5"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "x\r\n<0>Jan  1 00:00:00 h t: forged\xe2\x80\xa8next\xc2\x85line\x7f\x1b[31m";
    message.rule = "rule\nx";
    message.type = "al ert\n\xe2\x80\xa9";
    message.text_plain = "one\ntwo";
    message.facts = facts;
    message.fact_count = 1;
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164"));
    assert_one_line(line);
    assert_has(line, "]: x  <0>Jan  1 00:00:00 h t: forged next line  [31m - ");
    assert_has(line, " type=\"al ert  \" ");
    assert_has(line, " a_b__=\"x <0>y   \xf0\x9f\x94\xa5\" - one two");
}

static void test_a_datagram_has_1024_bytes_at_most(void **state)
{
    struct tocsin_message message = sample_message();
    auto_buf struct buf text = {0};

    (void)state;
    for (int i = 0; i < 2000; i++)
        buf_puts(&text, "\xf0\x9f\x94\xa5");
    message.text_plain = buf_text(&text);
    auto_free char *line = line_of(&message, SETTINGS("format=rfc3164"));
    size_t len = strlen(line);
    assert_true(len <= 1024 && len > 1024 - 7);
    assert_one_line(line);
    assert_string_equal(line + len - 3, "...");
}

static void test_fields_stand_whole_or_not_at_all(void **state)
{
    struct tocsin_message message = sample_message();
    auto_buf struct buf title = {0};

    (void)state;
    for (int i = 0; i < 400; i++)
        buf_puts(&title, "€");
    message.title = buf_text(&title);
    for (size_t max = 480; max < 560; max++) {
        char setting[32];
        (void)snprintf(setting, sizeof setting, "max_len=%zu", max);
        auto_free char *line = line_of(&message, SETTINGS("format=rfc3164", setting));
        assert_true(strlen(line) <= max);
        assert_one_line(line);
        assert_has(line, "€... - level=\"urgent\" urgency=\"85\" id=\"d4f1-17\"");
        size_t quotes = 0;
        for (const char *at = line; *at; at++)
            quotes += *at == '"';
        assert_int_equal(quotes % 2, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_exactly_this),
        cmocka_unit_test(test_the_day_is_padded_with_a_blank),
        cmocka_unit_test(test_a_time_that_is_not_known_is_now),
        cmocka_unit_test(test_the_tag_is_an_option),
        cmocka_unit_test(test_nothing_looks_like_a_field_that_is_none),
        cmocka_unit_test(test_nothing_begins_a_second_line),
        cmocka_unit_test(test_a_datagram_has_1024_bytes_at_most),
        cmocka_unit_test(test_fields_stand_whole_or_not_at_all),
    };

    /* An hour before UTC: a line that had UTC in it would be caught. */
    setenv("TZ", "XXX-1", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
