/* What formats make of values; how they are refused is in test_template_faults.c. */
#include "../cmocka_setup.h"

#include "rendering.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build_config.h"

static void assert_formatted(const char *template, const char *data, const char *expected)
{
    auto_free char *text = rendered(template, data, FLAVOUR_PLAIN);

    if (strcmp(text, expected) != 0)
        fail_msg("%s of %s: expected [%s], got [%s]", template, data, expected, text);
}

static void test_times_are_for_people(void **state)
{
    (void)state;
    assert_formatted("{{.|time}}", "\"2026-11-23T10:00:00.123Z\"", "2026-11-23 10:00:00 UTC");
    assert_formatted("{{.|time:UTC}}", "\"2026-11-23T11:00:00+01:00\"", "2026-11-23 10:00:00 UTC");
    assert_formatted("{{.|time}}", "\"2026-11-23T10:00:00.123456\"", "2026-11-23 10:00:00 UTC");
    assert_formatted("{{.|time}}", "1795428000", "2026-11-23 10:00:00 UTC");
    assert_formatted("{{.|time}}", "1795428000.5", "2026-11-23 10:00:00 UTC");
    assert_formatted("{{.|time}}", "\"1795428000\"", "2026-11-23 10:00:00 UTC");
}

#if HAVE_ZONES
static void test_times_are_shown_in_a_zone(void **state)
{
    (void)state;
    assert_formatted("{{.|time:Europe/Paris}}", "1795428000", "2026-11-23 11:00:00 CET");
    assert_formatted("{{. | time: \"America/New_York\"}}", "1795428000", "2026-11-23 05:00:00 EST");
    assert_formatted("{{.|time:+05:30}}", "1795428000", "2026-11-23 15:30:00 +05:30");
    assert_formatted("{{.|time:Europe/Paris}}", "\"soon\"", "soon");
}
#endif

static void test_what_is_no_time_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_formatted("{{.|time}}", "\"yesterday\"", "yesterday");
    assert_formatted("{{.|time|ago}}", "[1]", "[1]");
    assert_formatted("{{.|ago}}", "true", "true");
    assert_formatted("({{.|time}}{{.|ago}})", "null", "()");
    assert_formatted("({{x|time}}{{x|ago}})", "{}", "()");
}

static void test_ago_is_the_distance_from_now(void **state)
{
    static const struct {
        int64_t seconds; /* behind now */
        const char *expected;
    } rows[] = {
        {0, "just now"},
        {9, "just now"},
        {-9, "just now"},
        {10, "10 seconds ago"},
        {59, "59 seconds ago"},
        {60, "1 minute ago"},
        {300, "5 minutes ago"},
        {3599, "59 minutes ago"},
        {3600, "1 hour ago"},
        {-7200, "in 2 hours"},
        {-86400, "in 1 day"},
        {86400, "1 day ago"},
        {59 * 86400, "59 days ago"},
        {60 * 86400, "1 month ago"},
        {61 * 86400, "2 months ago"},
        {700 * 86400, "22 months ago"},
        {731 * 86400, "2 years ago"},
        {1795428000, "56 years ago"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char data[32];
        snprintf(data, sizeof data, "%lld", (long long)(RENDERING_NOW_MS / 1000 - rows[i].seconds));
        assert_formatted("{{.|ago}}", data, rows[i].expected);
    }
}

static void test_cut_counts_characters(void **state)
{
    (void)state;
    assert_formatted("{{.|cut:5}}", "\"12345\"", "12345");
    assert_formatted("{{.|cut:5}}", "\"123456\"", "1234\u2026");
    assert_formatted("{{.|cut:1}}", "\"12\"", "\u2026");
    assert_formatted("{{.|cut:3}}", "\"\u00e9\u5999\U0001f600\"", "\u00e9\u5999\U0001f600");
    assert_formatted("{{.|cut:3}}", "\"\u00e9\u5999\U0001f600!\"", "\u00e9\u5999\u2026");
    assert_formatted("{{.|cut:3}}", "123456", "12\u2026");
    assert_formatted("{{.|cut:6}}", "[1, 2, 3]", "[1,2,\u2026");
    assert_formatted("({{.|cut:6}}{{x|cut:1}})", "null", "()");
    assert_formatted("{{.|cut:9999999}}", "\"\"", "");
}

static void test_or_stands_in_for_nothing(void **state)
{
    (void)state;
    assert_formatted("{{x|or:\"none\"}}", "{}", "none");
    assert_formatted("{{x.y|or:none}}", "{}", "none");
    assert_formatted("{{x|or:'none'}}", "{\"x\": null}", "none");
    assert_formatted("{{x|or:\"none\"}}", "{\"x\": \"\"}", "none");
    assert_formatted("{{x|or:\"none\"}}", "{\"x\": []}", "none");
    assert_formatted("{{x|or:\"none\"}}", "{\"x\": {}}", "none");
    assert_formatted("{{x|or:\"none\"}}", "{\"x\": 0}", "0");
    assert_formatted("{{x|or:\"none\"}}", "{\"x\": false}", "false");
    assert_formatted("{{x|or:\"none\"}}", "{\"x\": \" \"}", " ");
    assert_formatted("({{x|or:\"\"}})", "{}", "()");
    assert_formatted("{{x|or:\"say \\\"no|thing\\\\\\\"\"}}", "{}", "say \"no|thing\\\"");
    assert_formatted("{{x|or:'it\\'s \"it\"'}}", "{}", "it's \"it\"");
    assert_formatted("{{x| or : not known }}", "{}", "not known");
}

static void test_json_is_on_one_line(void **state)
{
    (void)state;
    assert_formatted("{{.|json}}", "{\"b\": [1, 2.50, null, true], \"a\": {\"c\": \"\\n\"}}",
        "{\"b\":[1,2.5,null,true],\"a\":{\"c\":\"\\n\"}}");
    assert_formatted("{{.|json}}", "\"a \\\"b\\\"\"", "\"a \\\"b\\\"\"");
    assert_formatted("{{.|json}}", "1.21", "1.21");
    assert_formatted("{{.|json}}", "[]", "[]");
    assert_formatted("{{.|json}} {{x|json}}", "null", "null null");
}

static void test_formats_are_chained_from_left_to_right(void **state)
{
    (void)state;
    assert_formatted("{{x|time|or:\"no time\"}}", "{}", "no time");
    assert_formatted("{{x|or:\"2026-11-23T10:00:00Z\"|time|cut:11}}", "{}", "2026-11-23\u2026");
    assert_formatted("{{x|or:\"none\"|json}}", "{}", "\"none\"");
    assert_formatted("{{x|json|or:\"none\"}}", "{}", "null");
    assert_formatted("{{ x | cut:3 | json }}", "{\"x\": \"abcdef\"}", "\"ab\u2026\"");
}

static void test_formats_come_before_the_escaping(void **state)
{
    (void)state;
    static const struct rendering_case cases[] = {
        {"cut", "{{x|cut:2}}", "{\"x\": \"<>&\"}", NULL, "&lt;\u2026"},
        {"json", "{{x|json}}", "{\"x\": [\"<\"]}", NULL, "[&quot;&lt;&quot;]"},
        {"or", "{{x|or:\"<none>\"}}", "{}", NULL, "&lt;none&gt;"},
        {"triple", "{{{x|json}}}", "{\"x\": [\"<\"]}", NULL, "[\"<\"]"},
        {"ampersand", "{{& x | or:'<none>' }}", "{}", NULL, "<none>"},
        {"other delimiters", "{{=<% %>=}}<% x|or:\"}}\" %>", "{}", NULL, "}}"},
    };
    ASSERT_RENDERED(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_for_people),
#if HAVE_ZONES
        cmocka_unit_test(test_times_are_shown_in_a_zone),
#endif
        cmocka_unit_test(test_what_is_no_time_is_shown_as_it_is),
        cmocka_unit_test(test_ago_is_the_distance_from_now),
        cmocka_unit_test(test_cut_counts_characters),
        cmocka_unit_test(test_or_stands_in_for_nothing),
        cmocka_unit_test(test_json_is_on_one_line),
        cmocka_unit_test(test_formats_are_chained_from_left_to_right),
        cmocka_unit_test(test_formats_come_before_the_escaping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
