#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "event/view.h"
#include "rule/ruleset.h"
#include "rules.h"

#define CREATED "{\"type\":\"alert\",\"action\":\"created\",\"attributes\":{\"uuid\":\"u\"}}"

/* The names of the rules that were tried, and "+N" for those passed over. */
static char *tried(const char *yaml, const char *event, const char *alert)
{
    struct ruleset *rules = rules_of(yaml);
    struct view *view = event_view(event, alert);
    struct decision decision;
    struct buf out = {0};

    ruleset_decide(rules, view, 0, TRACE_TRIED, &decision);
    for (size_t i = 0; i < decision.trace_count; i++)
        buf_printf(&out, "%s ", decision.traces[i].rule);
    buf_printf(&out, "+%zu", decision.untried);
    decision_finish(&decision);
    view_destroy(view);
    ruleset_destroy(rules);
    return buf_take(&out);
}

static void assert_tried(
    const char *yaml, const char *event, const char *alert, const char *expected)
{
    auto_free char *names = tried(yaml, event, alert);

    assert_string_equal(names, expected);
}

static const char few[] = "rules:\n"
                          "  - {name: created, match: {type: alert, action: created}, send: chat}\n"
                          "  - {name: updated, match: {type: alert, action: updated}, send: chat}\n"
                          "  - {name: case, match: {type: case}, send: chat}\n"
                          "  - {name: tagged, match: {attributes.tags: [x, y]}, send: chat}\n"
                          "  - {name: high, match: {type: alert, urgency: 80}, send: chat}\n"
                          "  - {name: either, match: {any: [{type: a}, {type: b}]}, send: chat}\n"
                          "  - {name: not, match: {not: {type: alert}}, send: chat}\n"
                          "  - {name: unlike, match: {type: {ne: alert}}, send: chat}\n"
                          "  - {name: all, match: {}, send: chat}\n";

static void test_rules_that_cannot_match_are_not_tried(void **state)
{
    (void)state;
    assert_tried(few, CREATED, "{}", "created high either not unlike all +3");
    assert_tried(few, "{\"type\":\"case\",\"action\":\"created\"}", NULL,
        "created case either not unlike all +3");
    assert_tried(few, "{\"type\":\"other\",\"attributes\":{\"tags\":[\"no\",\"y\"]}}", NULL,
        "tagged either not unlike all +4");
}

static void test_an_unknown_field_tries_all_that_ask_for_it(void **state)
{
    static const char yaml[] = "rules:\n"
                               "  - {name: a, match: {type: alert, entity: a}, send: chat}\n"
                               "  - {name: b, match: {type: alert, entity: b}, send: chat}\n"
                               "  - {name: c, match: {type: case}, send: chat}\n";

    (void)state;
    assert_tried(yaml, CREATED, "{\"entity\":{\"name\":\"b\"}}", "b +2");
    assert_tried(yaml, CREATED, "failed", "a b +1");
    assert_tried(yaml, CREATED, "{}", "+3");
}

static void test_numbers_are_never_passed_over(void **state)
{
    static const char yaml[] = "rules:\n"
                               "  - {name: forms, match: {attributes.n: [1e2, 200]}, send: chat}\n"
                               "  - {name: texts, match: {attributes.n: [yes, no]}, send: chat}\n";
    auto_free char *number = decide(yaml, "{\"type\":\"t\",\"attributes\":{\"n\":100.0}}", NULL);
    auto_free char *boolean =
        decide("rules:\n  - {name: on, match: {attributes.n: true}, send: chat}\n",
            "{\"type\":\"t\",\"attributes\":{\"n\":true}}", NULL);

    (void)state;
    assert_string_equal(number, "chat<forms>");
    assert_string_equal(boolean, "chat<on>");
}

static void test_passing_over_ends_where_a_rule_stops(void **state)
{
    static const char yaml[] = "rules:\n"
                               "  - {name: other, match: {type: x}, send: chat}\n"
                               "  - {name: end, match: {type: y}, send: chat, stop: true}\n"
                               "  - {name: late, match: {type: z}, send: chat}\n"
                               "  - {name: all, match: {}, send: chat}\n";

    (void)state;
    assert_tried(yaml, "{\"type\":\"y\"}", NULL, "end +1");
}

/* Each under the value that it alone has, and not under the one that all share. */
static void test_of_a_thousand_rules_only_the_fitting_ones_are_tried(void **state)
{
    struct buf yaml = {0};

    (void)state;
    buf_puts(&yaml, "rules:\n");
    for (int i = 0; i < 1000; i++)
        buf_printf(&yaml,
            "  - {name: r%d, match: {type: alert, action: created, entity: [h%d, g%d]}, "
            "send: chat}\n",
            i, i, i);
    assert_tried(buf_text(&yaml), CREATED, "{\"entity\":{\"name\":\"h777\"}}", "r777 +999");
    buf_finish(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_that_cannot_match_are_not_tried),
        cmocka_unit_test(test_an_unknown_field_tries_all_that_ask_for_it),
        cmocka_unit_test(test_numbers_are_never_passed_over),
        cmocka_unit_test(test_passing_over_ends_where_a_rule_stops),
        cmocka_unit_test(test_of_a_thousand_rules_only_the_fitting_ones_are_tried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
