#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build_config.h"
#include "event/view.h"
#include "rule/ruleset.h"
#include "rules.h"

#define ALERT_CREATED "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u\"}}"

static void assert_targets(
    const char *yaml, const char *event, const char *alert, const char *expected)
{
    auto_free char *targets = decide(yaml, event, alert);

    assert_string_equal(targets, expected);
}

static const char design[] =
    "rules:\n"
    "  - name: urgent\n"
    "    match: {type: alert, action: created, urgency: {gte: 80}}\n"
    "    send: [chat, mail]\n"
    "  - name: changes\n"
    "    match: {type: alert, action: updated, changed: [status, urgency]}\n"
    "    send: [{sink: chat}]\n"
    "  - name: scanner\n"
    "    match: {type: alert, entity: vuln-scanner-01}\n"
    "    send: []\n"
    "    stop: true\n"
    "  - name: rest\n"
    "    match: {}\n"
    "    send: [siem, chat]\n"
    "unmatched: []\n";

static void test_every_match_sends_and_each_sink_hears_once(void **state)
{
    (void)state;
    assert_targets(design, ALERT_CREATED, "{\"urgency\":{\"current_value\":85}}",
        "chat<urgent> mail<urgent> siem<rest>");
    assert_targets(
        design, ALERT_CREATED, "{\"urgency\":{\"current_value\":30}}", "siem<rest> chat<rest>");
    assert_targets(design,
        "{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"updated\":{\"status\":\"s\"}}"
        "}",
        "{}", "chat<changes> siem<rest>");
    assert_targets(design,
        "{\"type\":\"alert\",\"action\":\"updated\",\"attributes\":{\"updated\":{\"similar\":9}}}",
        "{}", "siem<rest> chat<rest>");
}

static void test_stop_ends_after_a_match(void **state)
{
    (void)state;
    assert_targets(design, ALERT_CREATED,
        "{\"entity\":{\"name\":\"vuln-scanner-01\"},\"urgency\":{\"current_value\":85}}",
        "chat<urgent> mail<urgent>");
}

static void test_a_failed_look_up_wakes_people_all_the_same(void **state)
{
    (void)state;
    /* The scanner's rule is unknown too: its stop does not apply. */
    assert_targets(design, ALERT_CREATED, "failed", "chat<urgent> mail<urgent> siem<rest>");
    assert_targets("rules: [{name: r, match: {urgency: {gte: 80}}, send: pager, "
                   "if_not_enriched: skip}]\nunmatched: mail",
        ALERT_CREATED, "failed", "mail<unmatched>");
}

static void test_a_decision_for_nobody_is_no_lack_of_one(void **state)
{
    static const char yaml[] =
        "rules: [{name: quiet, match: {alert.x: 1}, send: []}]\nunmatched: [mail]";

    (void)state;
    assert_targets(yaml, ALERT_CREATED, "{\"x\":1}", "");
    assert_targets(yaml, ALERT_CREATED, "{\"x\":2}", "mail<unmatched>");
    /* What may be meant for nobody may as well not be: somebody hears of it. */
    assert_targets(yaml, ALERT_CREATED, "failed", "mail<unmatched>");
}

static void test_without_rules_nobody_hears(void **state)
{
    (void)state;
    assert_targets("", ALERT_CREATED, "{}", "");
    assert_targets("unmatched: siem", ALERT_CREATED, "{}", "siem<unmatched>");
}

static void test_a_rule_may_ask_for_its_own_name(void **state)
{
    (void)state;
    assert_targets("rules: [{name: a, match: {rule: b}, send: chat}, {name: b, match: {rule: b}, "
                   "send: mail}]",
        ALERT_CREATED, "{}", "mail<b>");
}

static void test_sends_are_listed_for_those_who_check(void **state)
{
    (void)state;
    struct ruleset *rules = rules_of(design);
    struct rule_send sends[2];

    assert_int_equal(ruleset_count(rules), 4);
    assert_int_equal(ruleset_sends(rules, sends, 2), 5);
    assert_string_equal(sends[1].sink, "mail");
    assert_string_equal(sends[1].rule, "urgent");
    assert_string_equal(sends[1].file, "rules.yaml");
    assert_int_equal(sends[1].line, 4);
    assert_int_equal(sends[1].column, 18);
    assert_true(ruleset_is_total(rules));
    ruleset_destroy(rules);

    rules = rules_of("rules: [{name: r, match: {type: a}, send: chat}]");
    assert_false(ruleset_is_total(rules));
    ruleset_destroy(rules);
    rules = rules_of("rules: [{name: r, match: {type: a}, send: chat}]\nunmatched: siem");
    assert_true(ruleset_is_total(rules));
    ruleset_destroy(rules);
}

/* A small generator with a fixed seed, so that a failure can be had again. */
static unsigned pick(unsigned *seed, unsigned count)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 16) % count;
}

static void append_condition(struct buf *yaml, unsigned *seed, int depth)
{
    static const char *const tests[] = {
        "type: alert",
        "type: [case, alert]",
        "action: created",
        "urgency: {gte: 50}",
        "level: {lt: high}",
        "title: {contains: brute}",
        "changed: status",
        "entity: {ne: paris}",
        "attributes.n: {gt: 1, lt: 4}",
        "alert.tags: {glob: 'v*'}",
        "source: {exists: false}",
        "attributes.list: 2",
        "attributes.n: {ne: [2, true]}",
        "title: {contains: [x, ute]}",
        "attributes.from: {cidr: 10.0.0.0/8}",
        "attributes.from: [10.1.2.3, 7.7.7.7]",
        "not: {attributes.from: {cidr: [10.0.0.0/8]}}",
        "attributes.fields: {has: {slug: team, value: red}}",
        "attributes.fields: {has: {slug: x}}",
        "alert.fields: {has: {value: {ne: red}}}",
        "attributes.at: {newer_than: 2h}",
        "alert.at: {older_than: 2h}",
        "time: {newer_than: 2h}",
#if HAVE_PCRE2
        "title: {regex: '^br'}",
        "attributes.from: {regex: '[a-z]'}",
        "alert.tags: {regex: '(?i)VIP', ne: x}",
        "attributes.list: {regex: '2'}",
#endif
    };

    switch (depth > 0 ? pick(seed, 6) : 5) {
    case 0:
        buf_puts(yaml, "not: {");
        append_condition(yaml, seed, depth - 1);
        buf_puts(yaml, "}");
        break;
    case 1:
    case 2:
        buf_puts(yaml, pick(seed, 2) ? "any: [{" : "all: [{");
        append_condition(yaml, seed, depth - 1);
        buf_puts(yaml, "}, {");
        append_condition(yaml, seed, depth - 1);
        buf_puts(yaml, "}]");
        break;
    default:
        buf_puts(yaml, tests[pick(seed, sizeof tests / sizeof *tests)]);
    }
}

static char *random_rules(unsigned *seed)
{
    static const char *const sends[] = {"chat", "[mail, siem]", "[]", "[pager, chat]"};
    struct buf yaml = {0};
    unsigned count = 1 + pick(seed, 6);

    buf_puts(&yaml, "unmatched: [siem]\nrules:\n");
    for (unsigned i = 0; i < count; i++) {
        buf_printf(&yaml, "  - {name: r%u, send: %s, stop: %s, if_not_enriched: %s, match: {", i,
            sends[pick(seed, 4)], pick(seed, 4) ? "false" : "true",
            pick(seed, 4) ? "send" : "skip");
        append_condition(&yaml, seed, 3);
        buf_puts(&yaml, "}}\n");
    }
    return buf_take(&yaml);
}

static char *random_event(unsigned *seed)
{
    static const char *const types[] = {"alert", "case", "alert-comment", "other"};
    static const char *const values[] = {"null", "2", "\"2\"", "[1,2,3]", "{}", "true", "\"\""};
    static const char *const froms[] = {
        "\"10.1.2.3\"", "\"DMZ (7.7.7.7)\"", "[\"7.7.7.7\",5]", "7"};
    static const char *const fields[] = {"[]", "{\"slug\":\"team\",\"value\":\"red\"}",
        "[{\"slug\":\"team\",\"value\":\"blue\"},{\"slug\":\"x\",\"value\":\"red\"}]", "\"team\""};
    static const char *const times[] = {
        "1788999000", "\"1788990000\"", "\"2026-09-10T00:00:00Z\"", "[5]"};
    struct buf event = {0};

    buf_printf(&event,
        "{\"type\":\"%s\",\"action\":\"%s\",\"attributes\":{\"n\":%s,\"list\":%s,"
        "\"updated\":{\"%s\":1},\"title\":\"brute\",\"from\":%s,\"fields\":%s,\"at\":%s}}",
        types[pick(seed, 4)], pick(seed, 2) ? "created" : "updated", values[pick(seed, 7)],
        values[pick(seed, 7)], pick(seed, 2) ? "status" : "similar", froms[pick(seed, 4)],
        fields[pick(seed, 4)], times[pick(seed, 4)]);
    return buf_take(&event);
}

static const char *random_alert(unsigned *seed)
{
    static const char *const alerts[] = {NULL, "failed", "failed", "{}",
        "{\"title\":\"brute\",\"urgency\":{\"current_value\":80},\"tags\":[\"vip\"]}",
        "{\"entity\":{\"name\":\"paris\"},\"source\":\"x\",\"urgency\":{\"value\":\"10\"}}",
        "{\"tags\":[\"a\",\"VIP\"],\"fields\":[{\"value\":\"red\"}],\"at\":1788990000}"};

    return alerts[pick(seed, sizeof alerts / sizeof *alerts)];
}

static void assert_same_decision(const struct ruleset *rules, const char *event, const char *alert)
{
    struct view *view = event_view(event, alert);
    struct decision plain, traced;

    ruleset_decide(rules, view, 1789000000000, TRACE_NONE, &plain);
    ruleset_decide(rules, view, 1789000000000, TRACE_ALL, &traced);
    auto_free char *plain_targets = targets_of(&plain);
    auto_free char *traced_targets = targets_of(&traced);
    assert_string_equal(plain_targets, traced_targets);
    assert_int_equal(plain.matched, traced.matched);
    assert_null(plain.traces);
    for (size_t i = 0; i < traced.trace_count; i++) {
        const struct rule_trace *trace = &traced.traces[i];
        assert_int_equal(trace->because == NULL, trace->verdict == VERDICT_YES);
        assert_int_equal(trace->because_line > 0, trace->verdict != VERDICT_YES);
        assert_true(!trace->stops || i + 1 == traced.trace_count);
    }
    decision_finish(&plain);
    decision_finish(&traced);
    view_destroy(view);
}

static void test_a_trace_changes_no_decision(void **state)
{
    unsigned seed = 20261123;

    (void)state;
    for (int i = 0; i < 300; i++) {
        auto_free char *yaml = random_rules(&seed);
        struct ruleset *rules = rules_of(yaml);
        for (int j = 0; j < 10; j++) {
            auto_free char *event = random_event(&seed);
            assert_same_decision(rules, event, random_alert(&seed));
        }
        ruleset_destroy(rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_match_sends_and_each_sink_hears_once),
        cmocka_unit_test(test_stop_ends_after_a_match),
        cmocka_unit_test(test_a_failed_look_up_wakes_people_all_the_same),
        cmocka_unit_test(test_a_decision_for_nobody_is_no_lack_of_one),
        cmocka_unit_test(test_without_rules_nobody_hears),
        cmocka_unit_test(test_a_rule_may_ask_for_its_own_name),
        cmocka_unit_test(test_sends_are_listed_for_those_who_check),
        cmocka_unit_test(test_a_trace_changes_no_decision),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
