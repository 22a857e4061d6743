/* Rules that can never match after an earlier one that stops. */
#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build_config.h"
#include "config/problems.h"
#include "rule/ruleset.h"
#include "rules.h"

/* The warnings, one a line. */
static char *shadows_of(const char *yaml)
{
    auto_problems struct problems problems = {0};
    struct ruleset *rules = rules_of(yaml);
    struct buf text = {0};

    ruleset_review(rules, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        buf_printf(&text, "%s\n", line);
    }
    ruleset_destroy(rules);
    return buf_take(&text);
}

static char *two_rules(const char *earlier, const char *more, const char *later)
{
    struct buf yaml = {0};

    buf_printf(&yaml,
        "rules:\n"
        "  - {name: earlier, match: {%s}, send: [], stop: true%s}\n"
        "  - {name: later, match: {%s}, send: chat}\n",
        earlier, more, later);
    return buf_take(&yaml);
}

static void assert_shadow(const char *earlier, const char *later, bool is_expected)
{
    auto_free char *yaml = two_rules(earlier, "", later);
    auto_free char *found = shadows_of(yaml);
    bool is_found = strstr(found, "\"later\" can never match") != NULL;

    if (is_found != is_expected)
        print_message("# %s\n# found: %s\n", yaml, found);
    assert_int_equal(is_found, is_expected);
}

struct pair {
    const char *earlier, *later;
};

/* Without PCRE2 a rule with a pattern is refused, and shadows nothing. */
static void assert_shadows(const struct pair *pairs, size_t count, bool are_expected)
{
    for (size_t i = 0; i < count; i++)
        if (HAVE_PCRE2 || !strstr(pairs[i].later, "regex"))
            assert_shadow(pairs[i].earlier, pairs[i].later, are_expected);
}

static void test_a_match_within_an_earlier_one_is_shadowed(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        /* everything, and the same */
        {"", "type: alert"},
        {"", ""},
        {"type: alert", "type: alert"},
        {"type: alert, entity: x", "entity: x, type: alert"},
        {"type: alert", "type: {eq: alert}"},
        {"type: alert", "type: [alert]"},
        {"attributes.x: {eq: 80}", "attributes.x: 80"},
        {"any: [{type: case}, {entity: x}]", "any: [{type: case}, {entity: x}]"},
        {"not: {type: case}", "not: {type: case}"},
        {"title: {glob: 'a*'}", "title: {glob: 'a*'}"},
        {"title: {exists: false}", "title: {exists: false}"},
        /* more tests, fewer values */
        {"type: alert", "type: alert, action: created"},
        {"type: [alert, case]", "type: alert"},
        {"type: [alert, case]", "type: {in: [case]}"},
        {"type: {in: [alert, case, x]}", "type: [case, alert]"},
        {"changed: [status, urgency]", "changed: status"},
        {"changed: [status, urgency]", "changed: {eq: urgency}, type: alert"},
        /* ranges */
        {"urgency: {gte: 80}", "urgency: {gte: 90}"},
        {"urgency: {gte: 80}", "urgency: {gt: 80}"},
        {"urgency: {gt: 80}", "urgency: {gt: 80}"},
        {"urgency: {lt: 50}", "urgency: {lte: 49}"},
        {"urgency: {gte: 80}", "urgency: 85"},
        {"urgency: {gte: 80}", "urgency: [80, 99]"},
        {"urgency: {gte: 80}", "urgency: {gte: 85, lt: 90}"},
        {"urgency: {gte: 50, lt: 80}", "urgency: {gte: 60, lt: 70}"},
        {"level: {gte: high}", "level: urgent"},
        {"level: {gte: medium}", "level: {gte: high}"},
        {"level: {gte: medium}", "level: [high, urgent]"},
        {"time: {gte: '2026-01-01T00:00:00Z'}", "time: {gte: '2026-02-01T00:00:00Z'}"},
        /* texts */
        {"title: {glob: 'Ransom*'}", "title: Ransomware"},
        {"title: {contains: ware}", "title: [Ransomware, Spyware]"},
        {"title: {contains: ran}", "title: {contains: 'Tyran'}"},
        {"title: {contains: [ware, ran]}", "title: {contains: ware}"},
        {"title: {glob: ['a*', 'b*']}", "title: [ab, ba]"},
        {"title: {regex: 'a|b'}", "title: {regex: 'a|b'}, type: alert"},
        {"attributes.ip: {cidr: [10.0.0.0/8, 'fe80::/10']}", "attributes.ip: {cidr: 10.0.0.0/8}"},
        {"time: {newer_than: 2h}", "time: {newer_than: 1h}"},
        {"time: {older_than: 1h}", "time: {older_than: 60m}"},
        {"attributes.l: {has: {a: 1, b: {gte: 2}}}", "attributes.l: {has: {a: 1, b: {gte: 2}}}"},
        /* presence */
        {"attributes.l: {exists: true}", "attributes.l: {has: {a: 1}}"},
        {"entity: {exists: true}", "entity: x"},
        {"entity: {exists: true}", "entity: {glob: '*'}"},
        {"urgency: {exists: true}", "urgency: {gte: 80}"},
        {"urgency: {exists: true}", "not: {urgency: {exists: false}}"},
        /* negations */
        {"type: {ne: case}", "type: {ne: case}, entity: x"},
        {"type: {ne: case}", "type: alert"},
        {"type: {ne: case}", "type: [alert, x]"},
        {"type: {ne: case}", "not: {type: case}"},
        {"type: {ne: case}", "type: {ne: [x, case]}"},
        {"type: {ne: [x, case]}", "type: alert"},
        {"not: {type: case}", "type: alert"},
        {"not: {type: case}", "type: {ne: case}"},
        {"not: {type: [case, x]}", "type: alert"},
        {"not: {urgency: {lt: 50}}", "urgency: {gte: 50}"},
        {"not: {urgency: {gte: 80}}", "urgency: {lt: 80}"},
        {"not: {urgency: {gte: 80}}", "urgency: 30"},
        {"not: {type: case, entity: x}", "type: alert"},
        {"not: {entity: {exists: true}}", "entity: {exists: false}"},
        {"not: {type: case}", "not: {type: [case, alert]}"},
        {"not: {any: [{type: case}, {type: x}]}", "type: alert"},
        {"not: {type: case, action: created}", "not: {type: case}"},
        {"not: {not: {type: alert}}", "type: alert"},
        {"type: alert", "not: {not: {type: alert}}"},
        /* any and all */
        {"any: [{type: alert}, {type: case}]", "type: alert"},
        {"any: [{type: alert}, {type: case}]", "type: [alert, case]"},
        {"any: [{type: alert}, {urgency: {gte: 80}}]", "urgency: {gte: 90}, type: case"},
        {"type: alert", "any: [{type: alert, entity: x}, {type: alert, entity: y}]"},
        {"all: [{type: alert}, {entity: x}]", "type: alert, entity: x"},
        {"type: alert, entity: x", "all: [{type: alert}, {entity: x}, {urgency: 5}]"},
        {"type: alert, entity: [x, y]", "type: alert, any: [{entity: x}, {entity: y}]"},
        {"any: [{type: alert, entity: x}, {type: alert, entity: y}]",
            "type: alert, entity: [x, y]"},
        {"any: [{all: [{type: alert}, {entity: x}]}, {type: case}]", "type: alert, entity: x"},
        {"type: alert, not: {entity: x}", "type: alert, entity: y"},
        /* paths are the same however they are written */
        {"attributes.a\\.b: 1", "attributes.a\\.b: 1"},
    };

    assert_shadows(pairs, sizeof pairs / sizeof *pairs, true);
}

static void test_a_match_that_may_go_beyond_an_earlier_one_is_not_shadowed(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"type: alert", ""},
        {"type: alert", "type: case"},
        {"type: alert", "type: Alert"},
        {"type: alert", "action: created"},
        {"type: alert, action: created", "type: alert"},
        {"type: alert", "type: [alert, case]"},
        {"type: [alert, case]", "type: [alert, x]"},
        {"type: alert", "attributes.type: alert"},
        {"attributes.x: 80", "attributes.x: '80.0'"},
        {"attributes.x: [1, 2]", "attributes.x: {gte: 1, lte: 2}"},
        /* ranges */
        {"urgency: {gte: 80}", "urgency: {gte: 79}"},
        {"urgency: {gt: 80}", "urgency: {gte: 80}"},
        {"urgency: {gt: 80}", "urgency: 80"},
        {"urgency: {gte: 80}", "urgency: {lt: 90}"},
        {"urgency: {gte: 80}", "urgency: [85, 79]"},
        {"urgency: {gte: 80, lt: 90}", "urgency: {gte: 85}"},
        {"attributes.x: {gte: 80}", "attributes.x: {gte: high}"},
        {"attributes.x: {gte: 80}", "attributes.x: {gte: '2026-01-01T00:00:00Z'}"},
        {"attributes.x: {gte: 80}", "attributes.x: high"},
        {"level: {gte: high}", "level: medium"},
        /* a number equals other texts than its own */
        {"attributes.x: {glob: '80'}", "attributes.x: 80"},
        {"attributes.x: {contains: '0.'}", "attributes.x: 80"},
        {"title: {glob: 'Ransom*'}", "title: [Ransomware, Spyware]"},
        {"title: {contains: Tyran}", "title: {contains: ran}"},
        {"title: {contains: ran}", "title: {glob: '*Tyran*'}"},
        {"title: {contains: ware}", "title: {contains: [ware, ran]}"},
        {"title: {regex: 'a'}", "title: {regex: 'a|b'}"},
        {"attributes.ip: {cidr: 10.0.0.0/8}", "attributes.ip: {cidr: [10.0.0.0/8, 'fe80::/10']}"},
        {"time: {newer_than: 1h}", "time: {newer_than: 2h}"},
        {"time: {older_than: 2h}", "time: {older_than: 1h}"},
        {"time: {newer_than: 1h}", "time: {older_than: 1h}"},
        {"attributes.l: {has: {a: 1}}", "attributes.l: {has: {a: 2}}"},
        {"attributes.l: {has: {a: 1}}", "attributes.m: {has: {a: 1}}"},
        {"type: {ne: [x, case]}", "type: {ne: case}"},
        /* a field may be a list, whose elements differ */
        {"attributes.tags: {gte: 1, lt: 9}",
            "all: [{attributes.tags: {gte: 2}}, {attributes.tags: {lt: 8}}]"},
        {"attributes.tags: {ne: x}", "attributes.tags: y"},
        {"not: {attributes.tags: x}", "attributes.tags: y"},
        {"not: {changed: status}", "changed: urgency"},
        {"changed: {ne: status}", "changed: urgency"},
        /* presence and negations */
        {"entity: {exists: true}", "entity: {ne: x}"},
        {"entity: {exists: true}", "not: {entity: x}"},
        {"entity: {exists: false}", "entity: {ne: x}"},
        {"type: {ne: case}", "type: {ne: alert}"},
        {"type: {ne: case}", "type: [alert, case]"},
        {"not: {type: case}", "not: {type: alert}"},
        {"not: {type: case}", "not: {type: case, action: created}"},
        {"not: {type: [case, alert]}", "not: {type: case}"},
        {"not: {urgency: {gte: 80}}", "urgency: {lt: 90}"},
        {"not: {urgency: {gte: 80}}", "urgency: {exists: true}"},
        /* any and all */
        {"any: [{type: alert}, {type: case}]", "type: x"},
        {"all: [{type: alert}, {entity: x}]", "any: [{type: alert}, {entity: x}]"},
        {"type: alert", "any: [{type: alert}, {entity: x}]"},
        {"any: [{type: alert, entity: x}, {type: case, entity: y}]", "type: alert, entity: [x, y]"},
        /* its own name is another one for each rule */
        {"rule: {ne: earlier}", "rule: {ne: earlier}"},
        {"rule: later", "rule: later"},
    };

    assert_shadows(pairs, sizeof pairs / sizeof *pairs, false);
}

static void test_a_warning_names_both_rules_and_their_lines(void **state)
{
    (void)state;
    auto_free char *found = shadows_of("rules:\n"
                                       "  - name: all alerts\n"
                                       "    match: {type: alert}\n"
                                       "    send: chat\n"
                                       "    stop: true\n"
                                       "  - name: new alerts\n"
                                       "    match: {type: alert, action: created}\n"
                                       "    send: mail\n");

    assert_string_equal(found,
        "rules.yaml:6:5: warning: rule \"new alerts\" can never match: whatever it would match "
        "ends before it, at \"all alerts\" (line 2), which has `stop: true`; move it up, or drop "
        "it\n");
}

static void test_without_stop_nothing_is_shadowed(void **state)
{
    (void)state;
    auto_free char *found = shadows_of("rules:\n"
                                       "  - {name: a, match: {}, send: chat}\n"
                                       "  - {name: b, match: {}, send: mail, stop: false}\n"
                                       "  - {name: c, match: {type: alert}, send: siem}\n");

    assert_string_equal(found, "");
}

static void test_a_later_rule_does_not_shadow_an_earlier_one(void **state)
{
    (void)state;
    auto_free char *found = shadows_of("rules:\n"
                                       "  - {name: a, match: {type: alert}, send: chat}\n"
                                       "  - {name: b, match: {}, send: mail, stop: true}\n");

    assert_string_equal(found, "");
}

static void test_several_rules_can_shadow_one_together(void **state)
{
    (void)state;
    auto_free char *found = shadows_of(
        "rules:\n"
        "  - {name: a, match: {type: alert}, send: chat, stop: true}\n"
        "  - {name: b, match: {type: case}, send: chat, stop: true}\n"
        "  - {name: both, match: {type: [alert, case], action: created}, send: mail}\n"
        "  - {name: more, match: {type: [alert, case, x]}, send: mail}\n"
        "  - {name: any, match: {any: [{type: alert}, {type: case, entity: x}]}, send: mail}\n");

    assert_non_null(strstr(found, "\"both\" can never match"));
    assert_non_null(strstr(found, "at \"a\" (line 2) and \"b\" (line 3), which have `stop: true`"));
    assert_non_null(strstr(found, "\"any\" can never match"));
    assert_null(strstr(found, "\"more\""));
}

/* The API is down: the earlier rule is unknown, sends, and does not stop. */
static void test_an_earlier_rule_that_may_be_unknown_is_said_to_stop_only_what_was_looked_up(
    void **state)
{
    (void)state;
    auto_free char *posted = two_rules("type: alert", "", "type: alert, urgency: {gte: 80}");
    auto_free char *looked_up = two_rules("urgency: {gte: 80}", "", "urgency: {gte: 90}");
    auto_free char *of_posted = shadows_of(posted), *of_looked_up = shadows_of(looked_up);

    assert_non_null(strstr(of_posted, "\"later\" can never match: "));
    assert_non_null(strstr(of_looked_up, "\"later\" can never match unless a look-up fails: "));
}

static void test_what_is_left_by_a_rule_that_skips_the_unknown_may_be_meant(void **state)
{
    (void)state;
    auto_free char *unknown =
        two_rules("urgency: {gte: 80}", ", if_not_enriched: skip", "urgency: {gte: 80}");
    auto_free char *posted = two_rules("type: alert", ", if_not_enriched: skip", "type: alert");
    auto_free char *of_unknown = shadows_of(unknown), *of_posted = shadows_of(posted);

    assert_string_equal(of_unknown, "");
    assert_non_null(strstr(of_posted, "\"later\" can never match: "));
}

/* A list as machines write them, and more ways to be true than are looked at one by one. */
static void test_long_lists_and_many_ways_are_found_when_they_are_the_same(void **state)
{
    (void)state;
    auto_buf struct buf list = {0}, ways = {0}, yaml = {0};

    for (int i = 0; i < 5000; i++)
        buf_printf(&list, "%shost-%d", i ? ", " : "", i);
    for (int i = 0; i < 6; i++)
        buf_printf(&ways,
            "%s{any: [{attributes.a%d: 1}, {attributes.b%d: 1}, {attributes.c%d: 1}]}",
            i ? ", " : "", i, i, i);
    buf_printf(&yaml,
        "rules:\n"
        "  - {name: hosts, match: {entity: [%s]}, send: [], stop: true}\n"
        "  - {name: ways, match: {all: [%s]}, send: [], stop: true}\n"
        "  - {name: same hosts, match: {type: alert, entity: [%s]}, send: chat}\n"
        "  - {name: one host, match: {entity: host-4999}, send: chat}\n"
        "  - {name: more hosts, match: {entity: [%s, another]}, send: chat}\n"
        "  - {name: same ways, match: {all: [%s]}, send: chat}\n"
        "  - {name: other ways, match: {any: [{all: [%s]}, {type: x}]}, send: chat}\n",
        buf_text(&list), buf_text(&ways), buf_text(&list), buf_text(&list), buf_text(&ways),
        buf_text(&ways));
    auto_free char *found = shadows_of(buf_text(&yaml));

    assert_non_null(strstr(found, "\"same hosts\""));
    assert_non_null(strstr(found, "\"one host\""));
    assert_non_null(strstr(found, "\"same ways\""));
    assert_null(strstr(found, "\"more hosts\""));
    assert_null(strstr(found, "\"other ways\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_match_within_an_earlier_one_is_shadowed),
        cmocka_unit_test(test_a_match_that_may_go_beyond_an_earlier_one_is_not_shadowed),
        cmocka_unit_test(test_a_warning_names_both_rules_and_their_lines),
        cmocka_unit_test(test_without_stop_nothing_is_shadowed),
        cmocka_unit_test(test_a_later_rule_does_not_shadow_an_earlier_one),
        cmocka_unit_test(test_several_rules_can_shadow_one_together),
        cmocka_unit_test(
            test_an_earlier_rule_that_may_be_unknown_is_said_to_stop_only_what_was_looked_up),
        cmocka_unit_test(test_what_is_left_by_a_rule_that_skips_the_unknown_may_be_meant),
        cmocka_unit_test(test_long_lists_and_many_ways_are_found_when_they_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
