#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build_config.h"
#include "base/utf8.h"
#include "event/view.h"
#include "rule/ruleset.h"
#include "rules.h"

static char *because(const char *match, const char *event, const char *alert)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{name: r, send: chat, match: {%s}}]", match);
    struct ruleset *rules = rules_of(buf_text(&yaml));
    struct view *view = event_view(event, alert);
    struct decision decision;
    ruleset_decide(rules, view, 0, TRACE_ALL, &decision);
    char *text = decision.traces[0].because;
    decision.traces[0].because = NULL;
    decision_finish(&decision);
    view_destroy(view);
    ruleset_destroy(rules);
    return text;
}

static void assert_because(const char *match, const char *alert, const char *expected)
{
    auto_free char *text = because(match, "{\"type\":\"alert\",\"action\":\"created\"}", alert);

    assert_string_equal(text, expected);
}

static void test_a_rule_says_why_it_did_not_match(void **state)
{
    (void)state;
    assert_because(
        "urgency: {gte: 80}", "{\"urgency\":{\"current_value\":30}}", "urgency: gte 80 (was 30)");
    assert_because("urgency: {gte: 80}", "{}", "urgency: gte 80 (absent)");
    assert_because("urgency: {gte: 80}", "failed", "urgency: gte 80 (unknown: the look-up failed)");
    assert_because("type: alert, action: [updated, deleted]", "{}",
        "action: in [updated, deleted] (was \"created\")");
    assert_because("alert.x: {exists: true}", "{\"x\":null}", "alert.x: exists true (was null)");
    assert_because("alert.x: {gt: 1, lt: 5}", "{\"x\":[7,\"a\",{},[],true,9]}",
        "alert.x: gt 1, lt 5 (was [7, \"a\", an object, a list, ...])");
    assert_because("not: {type: alert}", "{}", "not: type: eq alert (was \"alert\")");
    assert_because("any: [{type: case}, {action: x}]", "{}", "any: type: eq case (was \"alert\")");
    assert_because(
        "alert.x: {glob: ['a*', 'b*']}", "{\"x\":\"c\"}", "alert.x: glob [a*, b*] (was \"c\")");
    assert_because("alert.x: {cidr: 10.0.0.0/8}", "{\"x\":\"7.7.7.7\"}",
        "alert.x: cidr 10.0.0.0/8 (was \"7.7.7.7\")");
    assert_because(
        "alert.x: {newer_than: 2h, ne: a}", "{}", "alert.x: newer_than 2h, ne a (absent)");
    assert_because("alert.x: {has: {slug: team, value: [red, blue], not: {a.b: {exists: true}}}}",
        "{\"x\":[{\"slug\":\"team\",\"value\":\"green\"},\"y\",{\"v\":[1]}]}",
        "alert.x: has {slug: eq team, value: in [red, blue], not {a.b: exists true}} (was [{slug: "
        "\"team\", value: \"green\"}, \"y\", {v: a list}])");
    assert_because("alert.x: {has: {any: [{a: 1}, {b: 2, c: 3}]}}",
        "{\"x\":{\"a\":2,\"b\":3,\"c\":null,\"d\":true,\"e\":5}}",
        "alert.x: has {any [{a: eq 1}, {b: eq 2, c: eq 3}]} (was {a: 2, b: 3, c: null, d: true, "
        "...})");
    /* What decides is named, not what merely stands before it. */
    assert_because("alert.x: 1, action: updated", "failed", "action: eq updated (was \"created\")");
    assert_because("any: [{action: updated}, {alert.x: 1}]", "failed",
        "any: alert.x: eq 1 (unknown: the look-up failed)");
}

#if HAVE_PCRE2

#define HOSTILE "{\"x\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}"

static void test_a_pattern_that_gave_up_is_named(void **state)
{
    (void)state;
    assert_because("alert.x: {regex: '^b'}", "{\"x\":\"abc\"}", "alert.x: regex ^b (was \"abc\")");
    auto_free char *text = because("alert.x: {regex: '(a+)+$'}", "{\"type\":\"alert\"}", HOSTILE);
    assert_non_null(strstr(text, "gave up after 100,000 steps: counts as no match"));
    auto_free char *nested =
        because("alert: {has: {x: {regex: '(a+)+$'}}}", "{\"type\":\"alert\"}", HOSTILE);
    assert_non_null(strstr(nested, "gave up after 100,000 steps: counts as no match"));
}

/* Each of the texts would take a millisecond, all of them a minute. */
static void test_a_list_of_hostile_texts_takes_no_longer_than_one(void **state)
{
    auto_buf struct buf alert = {0};

    (void)state;
    buf_puts(&alert, "{\"x\":[");
    for (int i = 0; i < 60000; i++)
        buf_printf(&alert, "%s\"aaaaaaaaaaaaaaaa!\",{\"y\":\"aaaaaaaaaaaaaaaa!\"}", i ? "," : "");
    buf_puts(&alert, "]}");
    for (int i = 0; i < 2; i++) {
        auto_free char *text =
            because(i ? "alert.x: {regex: '(a+)+$'}" : "alert.x: {has: {y: {regex: '(a+)+$'}}}",
                "{\"type\":\"alert\"}", buf_text(&alert));
        assert_non_null(strstr(text, "gave up after 1,000,000 steps"));
    }
}

/* Where it only makes a `not` true, no false test names it. */
static void test_a_pattern_that_gave_up_is_in_the_trace_and_counted(void **state)
{
    static const char yaml[] =
        "rules:\n"
        "  - {name: plain, match: {alert.x: {regex: b}}, send: chat}\n"
        "  - {name: not, match: {not: {alert.x: {regex: '(a+)+$'}}}, send: chat}\n"
        "  - {name: twice, match: {any: [{alert.x: {regex: '(a+)+$'}}, {alert.x: {regex: "
        "'(a|a)+$'}}]}, send: chat}\n";

    (void)state;
    for (int extent = TRACE_NONE; extent <= TRACE_ALL; extent++) {
        struct ruleset *rules = rules_of(yaml);
        struct view *view = event_view("{\"type\":\"alert\"}", HOSTILE);
        struct decision decision;
        auto_buf struct buf json = {0};
        ruleset_decide(rules, view, 0, (enum trace_extent)extent, &decision);
        assert_int_equal(decision.gave_up, 3);
        if (extent != TRACE_NONE) {
            decision_trace_json(&decision, 10000, &json);
            assert_null(decision.traces[0].gave_up);
            assert_string_equal(decision.traces[1].gave_up, "100,000 steps");
            assert_non_null(strstr(buf_text(&json),
                "\"verdict\":\"yes\",\"sends\":true,\"gave_up\":\"100,000 steps\"}"));
        }
        decision_finish(&decision);
        view_destroy(view);
        ruleset_destroy(rules);
    }
}

#endif

static void test_values_from_outside_stay_on_one_line(void **state)
{
    (void)state;
    assert_because("title: x", "{\"title\":\"a\\n\\\"b\\\"\\\\\\u001b[31m\\u202e\\u0085\"}",
        "title: eq x (was \"a\\n\\\"b\\\"\\\\\\x1b[31m\\xe2\\x80\\xae\\xc2\\x85\")");
}

static void append_euros(struct buf *out, int count)
{
    for (int i = 0; i < count; i++)
        buf_puts(out, "\xe2\x82\xac");
}

/* But what was there is seen, however long the test is. */
static void test_long_texts_are_cut(void **state)
{
    auto_buf struct buf alert = {0}, match = {0}, shown = {0};

    (void)state;
    buf_puts(&alert, "{\"title\":[");
    buf_puts(&match, "alert.title: [");
    for (int i = 0; i < 400; i++) {
        buf_printf(&alert, "%s\"", i ? "," : "");
        append_euros(&alert, 30);
        buf_puts(&alert, "\"");
        buf_printf(&match, "%sx%d", i ? "," : "", i);
        append_euros(&match, i);
    }
    buf_puts(&alert, "]}");
    buf_puts(&match, "]");
    auto_free char *text = because(buf_text(&match), "{\"type\":\"alert\"}", buf_text(&alert));
    assert_true(strlen(text) <= 200);
    assert_true(strlen(text) > 190);
    assert_true(utf8_is_valid(text, strlen(text)));
    assert_string_equal(text + strlen(text) - 3, "...");
    buf_puts(&shown, "... (was [\"");
    append_euros(&shown, 20);
    buf_puts(&shown, "...\", ");
    assert_non_null(strstr(text, buf_text(&shown)));
}

static const char three[] = "rules:\n"
                            "  - name: first\n"
                            "    match:\n"
                            "      type: case\n"
                            "    send: chat\n"
                            "  - name: second\n"
                            "    match: {}\n"
                            "    send: mail\n"
                            "    stop: true\n"
                            "  - name: third\n"
                            "    match: {}\n"
                            "    send: siem\n";

static char *trace_json(size_t max_bytes)
{
    struct ruleset *rules = rules_of(three);
    struct view *view = event_view("{\"type\":\"alert\"}", "{}");
    struct decision decision;
    struct buf json = {0};

    ruleset_decide(rules, view, 0, TRACE_ALL, &decision);
    decision_trace_json(&decision, max_bytes, &json);
    decision_finish(&decision);
    view_destroy(view);
    ruleset_destroy(rules);
    return buf_take(&json);
}

static void test_traces_are_json(void **state)
{
    (void)state;
    auto_free char *text = trace_json(10000);

    assert_string_equal(text,
        "[{\"rule\":\"first\",\"at\":\"rules.yaml:2\",\"verdict\":\"no\",\"sends\":false,"
        "\"because\":{\"at\":\"rules.yaml:4\",\"text\":\"type: eq case (was \\\"alert\\\")\"}},"
        "{\"rule\":\"second\",\"at\":\"rules.yaml:6\",\"verdict\":\"yes\",\"sends\":true,"
        "\"stops\":true}]");
}

static void test_rules_that_sent_are_never_left_out(void **state)
{
    (void)state;
    auto_free char *text = trace_json(10);

    assert_string_equal(text, "[{\"rule\":\"second\",\"at\":\"rules.yaml:6\",\"verdict\":\"yes\","
                              "\"sends\":true,\"stops\":true},{\"left_out\":1}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rule_says_why_it_did_not_match),
#if HAVE_PCRE2
        cmocka_unit_test(test_a_pattern_that_gave_up_is_named),
        cmocka_unit_test(test_a_list_of_hostile_texts_takes_no_longer_than_one),
        cmocka_unit_test(test_a_pattern_that_gave_up_is_in_the_trace_and_counted),
#endif
        cmocka_unit_test(test_values_from_outside_stay_on_one_line),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_traces_are_json),
        cmocka_unit_test(test_rules_that_sent_are_never_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
