/* CEF as a collector reads it. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "deliver_host.h"
#include "syslog_line.h"

#define HEADER "<130>Nov 23 10:00:00 router.example.org "
#define START HEADER "CEF:0|tocsin|tocsin|1.0|"

static const char event[] =
    "{\"id\":\"e4f1-9\",\"body\":{\"attributes\":{\"uuid\":\"x\"}},"
    "\"objects\":{\"alert\":{\"source\":\"10.20.3.4\",\"target\":\"DC-01 (10.20.0.10)\","
    "\"similar\":12,\"user\":{\"name\":\"adm\"}}}}";

static char *cef_of(const struct tocsin_message *message)
{
    return line_of(message, SETTINGS("format=cef"));
}

static char *repeated(const char *text, int times)
{
    struct buf buf = {0};

    for (int i = 0; i < times; i++)
        buf_puts(&buf, text);
    return buf_take(&buf);
}

static void test_a_line_is_exactly_this(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *line = line_of_event(&message, event, SETTINGS("format=cef"));
    assert_string_equal(after(line, START),
        "alert.created|Mimikatz on DC01|9|"
        "rt=1795428000123 externalId=d4f1-17 cat=alert act=created "
        "request=https://app.example.org/alerts/AL-1?a\\=1&b\\=2 cnt=12 src=10.20.3.4 "
        "dst=10.20.0.10 dhost=DC-01 suser=adm dvchost=router.example.org "
        "cs1Label=thread cs1=8f0c5b1e-0000-4000-8000-000000000001 "
        "cs2Label=rule cs2=urgent alerts wake people "
        "cs3Label=Urgency cs3=85 / 100 (Urgent) cs4Label=Status cs4=Ongoing "
        "cs5Label=Entity cs5=Acme, Paris cs6Label=Source cs6=10.0.0.7 "
        "msg=A credential dumper was seen.\\nIsolate the host.");
}

static void test_the_header_is_an_option(void **state)
{
    const struct tocsin_message message = sample_message();

    (void)state;
    auto_free char *new = line_of(&message, SETTINGS("format=cef", "header=rfc5424"));
    after(new, "<130>1 2026-11-23T10:00:00.123Z router.example.org tocsin - alert - CEF:0|tocsin|");
    auto_free char *marked =
        line_of(&message, SETTINGS("format=cef", "header=rfc5424", "bom=true"));
    assert_has(marked, " tocsin - alert - \xef\xbb\xbf"
                       "CEF:0|tocsin|");
    auto_free char *none = line_of(&message, SETTINGS("format=cef", "header=none"));
    after(none, "CEF:0|tocsin|tocsin|1.0|alert.created|");
}

static void test_the_urgency_makes_the_severity(void **state)
{
    static const struct {
        uint32_t level;
        int32_t urgency;
        const char *severity;
    } rows[] = {
        {TOCSIN_INFO, 0, "|0|"},
        {TOCSIN_INFO, 4, "|0|"},
        {TOCSIN_INFO, 5, "|1|"},
        {TOCSIN_LOW, 34, "|3|"},
        {TOCSIN_LOW, 35, "|4|"},
        {TOCSIN_URGENT, 94, "|9|"},
        {TOCSIN_URGENT, 95, "|10|"},
        {TOCSIN_URGENT, 100, "|10|"},
        {TOCSIN_URGENT, 1000, "|10|"},
        {TOCSIN_INFO, -1, "|1|"},
        {TOCSIN_LOW, -1, "|3|"},
        {TOCSIN_MEDIUM, -1, "|5|"},
        {TOCSIN_HIGH, -1, "|7|"},
        {TOCSIN_URGENT, -1, "|9|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tocsin_message message = sample_message();
        message.level = rows[i].level;
        message.urgency = rows[i].urgency;
        auto_free char *line = cef_of(&message);
        char expected[64];
        (void)snprintf(expected, sizeof expected, "Mimikatz on DC01%srt=", rows[i].severity);
        assert_has(line, expected);
    }
}

static void test_header_and_values_are_escaped_each_in_its_way(void **state)
{
    static const struct tocsin_fact facts[] = {{"a=b|c\\d", "e=f|g\\h"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "a|b\\c=d";
    message.type = "t|x";
    message.action = "u\\y=z";
    message.facts = facts;
    message.fact_count = 1;
    message.text_plain = "k|l\\m=n";
    auto_free char *line = cef_of(&message);
    after(line, START "t\\|x.u\\\\y=z|a\\|b\\\\c=d|9|rt=");
    assert_has(line, " cat=t|x act=u\\\\y\\=z ");
    assert_has(line, " cs3Label=a\\=b|c\\\\d cs3=e\\=f|g\\\\h msg=k|l\\\\m\\=n");
}

/* Splits as a collector does: a key is what stands before an = that no back-slash escapes. */
static void assert_keys(const char *line, const char *expected)
{
    auto_buf struct buf keys = {0};

    for (const char *at = line; *at; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '=') {
            const char *start = at;
            while (start > line && start[-1] != ' ' && start[-1] != '|')
                start--;
            buf_append(&keys, start, (size_t)(at - start));
            buf_putc(&keys, ' ');
        }
    }
    assert_string_equal(buf_text(&keys), expected);
}

static void test_no_text_adds_a_key_or_a_line(void **state)
{
    static const struct tocsin_fact facts[] = {{"x\nsrc=1.2.3.4 y", "z\r\nsrc=6.6.6.6 \\"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.title = "x\r\nCEF:0|a|b|c|d|e|10|src=1.1.1.1\xe2\x80\xa8\xc2\x85\x7f\x1b[31m\t.";
    message.type = "t\n";
    message.action = "a src=2.2.2.2";
    message.delivery = "d\\ src=3.3.3.3";
    message.thread = "t\xe2\x80\xa9 src=4.4.4.4";
    message.rule = "r src=5.5.5.5\\";
    message.link = "https://x/ src=7.7.7.7";
    message.text_plain = "m\ndst=8.8.8.8 \\";
    message.facts = facts;
    message.fact_count = 1;
    auto_free char *line = cef_of(&message);
    assert_one_line(line);
    const char *extension = strstr(line, "|9|rt=");
    assert_non_null(extension);
    assert_keys(extension + 3,
        "rt externalId cat act request dvchost cs1Label cs1 cs2Label cs2 cs3Label cs3 msg ");
    assert_has(line, "|x  CEF:0\\|a\\|b\\|c\\|d\\|e\\|10\\|src=1.1.1.1    [31m .|9|");
    assert_has(line, " msg=m\\ndst\\=8.8.8.8 \\\\");
    assert_has(line, " cs3Label=x\\nsrc\\=1.2.3.4 y cs3=z\\nsrc\\=6.6.6.6 \\\\ msg=");
}

static void test_facts_without_a_field_are_lines_of_the_message(void **state)
{
    static const struct tocsin_fact facts[] = {
        {"A", "1"}, {"B", "2"}, {"C", "3"}, {"D", "4"}, {"E=", "5\n6"}, {"F", "7"}};
    struct tocsin_message message = sample_message();

    (void)state;
    message.facts = facts;
    message.fact_count = 6;
    auto_free char *line = cef_of(&message);
    assert_has(line, " cs6Label=D cs6=4 msg=A credential dumper was seen.\\nIsolate the host.\\n"
                     "E\\=: 5\\n6\\nF: 7");
    message.text_plain = "";
    message.thread = "";
    auto_free char *bare = cef_of(&message);
    assert_has(bare, " cs1Label=rule cs1=urgent alerts wake people cs2Label=A cs2=1 ");
    assert_has(bare, " cs6Label=E\\= cs6=5\\n6 msg=F: 7");
}

static void test_marks_are_said(void **state)
{
    struct tocsin_message message = sample_message();

    (void)state;
    message.marks = TOCSIN_REPEAT | TOCSIN_NOT_ENRICHED | TOCSIN_FALLBACK;
    auto_free char *line = cef_of(&message);
    assert_has(
        line, "|Mimikatz on DC01 [possible repeat] [not enriched] [meant for another sink]|9|rt=");
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
    auto_free char *line = cef_of(&message);
    assert_string_equal(after(line, START),
        "event|Mimikatz on DC01|9|rt=1795428000123 externalId=d4f1-17 dvchost=router.example.org");
}

static void test_no_value_is_longer_than_arcsight_keeps(void **state)
{
    struct tocsin_message message = sample_message();
    auto_free char *fires = repeated("\xf0\x9f\x94\xa5", 2000);
    auto_free char *equals = repeated("=", 5000);
    auto_free char *bars = repeated("|", 1000);
    const struct tocsin_fact facts[] = {{equals, fires}};

    (void)state;
    message.title = bars;
    message.action = fires;
    message.delivery = "a-delivery-id-that-has-more-than-forty-bytes";
    message.text_plain = equals;
    message.facts = facts;
    message.fact_count = 1;
    auto_free char *line = line_of(&message, SETTINGS("format=cef", "max_len=60k"));
    assert_one_line(line);
    const char *name = strchr(strstr(line, "|1.0|") + 5, '|') + 1;
    const char *severity = strstr(line, "...|9|rt=");
    assert_non_null(severity);
    assert_in_range(severity + 3 - name, 510, 512);
    assert_int_equal((severity - name) % 2, 0);
    assert_has_not(line, "externalId=");
    const char *act = strstr(line, " act=") + 5;
    assert_in_range(strstr(act, " request=") - act, 60, 63);
    const char *label = strstr(line, " cs3Label=") + 10, *value = strstr(line, " cs3=") + 5;
    assert_in_range(value - 5 - label, 1021, 1023);
    const char *msg = strstr(value, " msg=") + 5;
    assert_in_range(msg - 5 - value, 3996, 4000);
    assert_in_range(strlen(msg), 1021, 1023);
    assert_string_equal(msg + strlen(msg) - 5, "\\=...");
}

static void test_a_line_that_is_cut_has_whole_fields(void **state)
{
    struct tocsin_message message = sample_message();
    auto_free char *text = repeated("\\=\n€", 1000);
    char host[9 + 255 + 1] = "hostname=";

    (void)state;
    memset(host + 9, 'h', 255);
    message.text_plain = text;
    for (size_t max = 480; max < 1000; max += 3) {
        char setting[32];
        (void)snprintf(setting, sizeof setting, "max_len=%zu", max);
        auto_free char *line =
            line_of_event(&message, event, SETTINGS("format=cef", host, setting));
        size_t len = strlen(line), slashes = 0;
        assert_true(len <= max);
        assert_one_line(line);
        assert_has(line, "|alert.created|Mimikatz on DC01|9|rt=1795428000123 externalId=d4f1-17");
        if (!strstr(line, " msg="))
            continue;
        assert_string_equal(line + len - 3, "...");
        while (line[len - 4 - slashes] == '\\')
            slashes++;
        assert_int_equal(slashes % 2, 0);
    }
}

static void test_only_addresses_are_addresses(void **state)
{
    static const struct {
        const char *event, *has, *has_not;
    } rows[] = {
        {"{\"objects\":{\"alert\":{\"source\":\"2001:db8::1\",\"target\":\"::1\"}}}",
            " c6a2Label=Source IPv6 Address c6a2=2001:db8::1 c6a3Label=Destination IPv6 Address "
            "c6a3=::1 dvchost=",
            " src="},
        {"{\"objects\":{\"alert\":{\"source\":\"host-1\",\"target\":\"x (y)\"}}}",
            " shost=host-1 dvchost=", " dst="},
        {"{\"objects\":{\"alert\":{\"source\":\"1.2.3.4\\n5.6.7.8\",\"target\":\"a b "
         "(1.2.3.4)\"}}}",
            " dst=1.2.3.4 dvchost=", " src="},
        {"{\"objects\":{\"alert\":{\"source\":\"1.2.3.4 dst=6.6.6.6\",\"target\":[1]}}}",
            "b\\=2 dvchost=", " src="},
        {"{\"body\":{\"attributes\":{\"source\":\"1.1.1.1\",\"updated\":{\"similar\":7}}},"
         "\"objects\":{\"alert\":{\"source\":\"2.2.2.2\",\"similar\":3}}}",
            " cnt=7 src=2.2.2.2 dvchost=", "1.1.1.1"},
        {"{\"body\":{\"attributes\":{\"source\":\"1.1.1.1\",\"similar\":-3,\"user\":\"\"}}}",
            " src=1.1.1.1 dvchost=", "cnt="},
        {"[]", "dvchost=", "src="},
        {"no JSON", "dvchost=", "src="},
    };
    struct tocsin_message message = sample_message();

    (void)state;
    message.link = "https://x/?b=2";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_free char *line = line_of_event(&message, rows[i].event, SETTINGS("format=cef"));
        assert_has(line, rows[i].has);
        assert_has_not(line, rows[i].has_not);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_exactly_this),
        cmocka_unit_test(test_the_header_is_an_option),
        cmocka_unit_test(test_the_urgency_makes_the_severity),
        cmocka_unit_test(test_header_and_values_are_escaped_each_in_its_way),
        cmocka_unit_test(test_no_text_adds_a_key_or_a_line),
        cmocka_unit_test(test_facts_without_a_field_are_lines_of_the_message),
        cmocka_unit_test(test_marks_are_said),
        cmocka_unit_test(test_what_is_unknown_is_left_out),
        cmocka_unit_test(test_no_value_is_longer_than_arcsight_keeps),
        cmocka_unit_test(test_a_line_that_is_cut_has_whole_fields),
        cmocka_unit_test(test_only_addresses_are_addresses),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
