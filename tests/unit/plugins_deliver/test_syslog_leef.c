/* LEEF 2.0 as QRadar reads it. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"
#include "syslog_line.h"

#define START "<130>Nov 23 10:00:00 router.example.org LEEF:2.0|tocsin|tocsin|1.0|"

static const char event[] =
    "{\"objects\":{\"alert\":{\"source\":\"10.20.3.4\",\"target\":\"DC-01 (2001:db8::7)\","
    "\"similar\":12,\"user\":\"adm\"}}}";

/* The line with a \ for each tab, and nothing else that is a control. */
static char *leef_of(const struct tocsin_message *message, const char *setting)
{
    char *line = line_of_event(message, event, SETTINGS("format=leef", setting));

    assert_null(strchr(line, '\\'));
    for (char *at = line; *at; at++)
        if (*at == '\t')
            *at = '\\';
    assert_one_line(line);
    return line;
}

static void test_a_line_is_exactly_this(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = leef_of(&message, NULL);
    assert_string_equal(after(line, START),
        "alert.created|x09|sev=9\\cat=alert\\devTime=Nov 23 2026 10:00:00.123 UTC\\"
        "devTimeFormat=MMM dd yyyy HH:mm:ss.SSS zzz\\id=d4f1-17\\event=e4f1-9\\action=created\\"
        "level=urgent\\urgency=85\\policy=urgent alerts wake people\\"
        "thread=8f0c5b1e-0000-4000-8000-000000000001\\"
        "url=https://app.example.org/alerts/AL-1?a=1&b=2\\src=10.20.3.4\\dst=2001:db8::7\\"
        "usrName=adm\\dstHostName=DC-01\\count=12\\title=Mimikatz on DC01\\"
        "fact_urgency=85 / 100 (Urgent)\\fact_status=Ongoing\\fact_entity=Acme, Paris\\"
        "fact_source=10.0.0.7\\msg=A credential dumper was seen. Isolate the host.");
}

static void test_severities_begin_at_one(void **state)
{
    static const struct {
        int32_t urgency;
        const char *severity;
    } rows[] = {{0, "|sev=1\\"}, {14, "|sev=1\\"}, {15, "|sev=2\\"}, {100, "|sev=10\\"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = sample_message();
        message.urgency = rows[i].urgency;
        auto_free char *line = leef_of(&message, NULL);
        assert_has(line, rows[i].severity);
    }
}

static void test_no_text_adds_an_attribute_or_a_line(void **state)
{
    static const struct tocsin_fact facts[] = {{"a\tsrc=b|", "c\tsrc=6.6.6.6\r\nd"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "x\r\nLEEF:1.0|a|b|c|d|\tsrc=1.1.1.1\xe2\x80\xa8\xc2\x85\x7f.";
    message.type = "t|u\t";
    message.action = "v\nw";
    message.rule = "r\tsrc=2.2.2.2";
    message.link = "https://x/ src=4.4.4.4";
    message.text_plain = "m\tdst=3.3.3.3\nn";
    message.facts = facts;
    message.fact_count = 1;
    auto_free char *line = leef_of(&message, NULL);
    assert_has_not(line, "url=");
    after(line, START "t/u .v w|x09|sev=9\\cat=t|u \\devTime=");
    assert_has(line, "\\policy=r src:2.2.2.2\\");
    assert_has(line, "\\title=x  LEEF:1.0|a|b|c|d| src:1.1.1.1   .\\fact_a_src_b_=c src:6.6.6.6  d"
                     "\\msg=m dst:3.3.3.3 n");
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
    message.marks = TOCSIN_REPEAT;
    auto_free char *line = line_of(&message, SETTINGS("format=leef"));
    assert_string_equal(after(line, START),
        "event|x09|sev=9\tdevTime=Nov 23 2026 10:00:00.123 UTC\t"
        "devTimeFormat=MMM dd yyyy HH:mm:ss.SSS zzz\tid=d4f1-17\tevent=e4f1-9\tlevel=urgent\t"
        "title=Mimikatz on DC01 [possible repeat]");
}

static void test_a_line_that_is_cut_has_whole_attributes(void **state)
{
    struct tocsin_message message = sample_message();
    auto_buf struct buf text = {0};

    (void)state;
    for (int i = 0; i < 2000; i++)
        buf_puts(&text, "\xf0\x9f\x94\xa5");
    message.text_plain = message.title = buf_text(&text);
    for (size_t max = 480; max < 1024; max += 3) {
        char setting[32];
        (void)snprintf(setting, sizeof setting, "max_len=%zu", max);
        auto_free char *line = leef_of(&message, setting);
        size_t len = strlen(line);
        assert_true(len <= max);
        assert_has(strrchr(line, '\\'), "=");
        if (strstr(line, "\\msg="))
            assert_string_equal(line + len - 3, "...");
        assert_has(line, "\\id=d4f1-17\\event=e4f1-9\\action=created\\level=urgent\\");
    }
    auto_free char *line = leef_of(&message, NULL);
    assert_in_range(strlen(line), 1020, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_exactly_this),
        cmocka_unit_test(test_severities_begin_at_one),
        cmocka_unit_test(test_no_text_adds_an_attribute_or_a_line),
        cmocka_unit_test(test_what_is_unknown_is_left_out),
        cmocka_unit_test(test_a_line_that_is_cut_has_whole_attributes),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
