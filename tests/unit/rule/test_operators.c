#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build_config.h"
#include "event/view.h"
#include "operator_page.h"
#include "operator_table.h"
#include "rule/ruleset.h"
#include "rules.h"

static char verdict_letter(const char *match, const char *event, const char *alert)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{name: r, match: {%s}, send: chat}]", match);
    struct ruleset *rules = rules_of(buf_text(&yaml));
    struct view *view = event_view(event, alert);
    struct decision decision;
    ruleset_decide(rules, view, operator_now_ms, TRACE_ALL, &decision);
    char letter = "NYU"[decision.traces[0].verdict];
    decision_finish(&decision);
    view_destroy(view);
    ruleset_destroy(rules);
    return letter;
}

static void assert_verdict(const char *match, const char *event, const char *alert, char expected)
{
    char letter = verdict_letter(match, event, alert);

    if (letter != expected)
        print_message("# %s on %s: %c, not %c\n", match, event, letter, expected);
    assert_int_equal(letter, expected);
}

static void assert_row(const struct operator_row *row, const struct operator_group *group)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{name: r, match: {%s}, send: chat}]", row->match);
    struct ruleset *rules = rules_of(buf_text(&yaml));
    assert_int_equal(strlen(row->verdicts), OPERATOR_KINDS);
    for (size_t kind = 0; kind < OPERATOR_KINDS; kind++) {
        bool is_unknown = kind == OPERATOR_KINDS - 1;
        struct view *view =
            event_view_with("{\"type\":\"t\"}", "x", is_unknown ? "failed" : group->values[kind]);
        struct decision decision;
        ruleset_decide(rules, view, operator_now_ms, TRACE_ALL, &decision);
        char letter = "NYU"[decision.traces[0].verdict];
        if (letter != row->verdicts[kind])
            print_message("# %s on %s: %c\n", row->match, operator_kinds[kind], letter);
        assert_int_equal(letter, row->verdicts[kind]);
        decision_finish(&decision);
        view_destroy(view);
    }
    ruleset_destroy(rules);
}

static void test_each_operator_on_each_kind_of_value(void **state)
{
    (void)state;
    for (const struct operator_group *group = operator_groups; group->title; group++)
        for (const struct operator_row *row = group->rows; row->match; row++)
            if (HAVE_PCRE2 || !strstr(row->match, "regex"))
                assert_row(row, group);
}

static char *read_page(const char *path)
{
    auto_fclose FILE *file = fopen(path, "re");
    struct buf page = {0};
    char block[4096];
    size_t len;

    while (file && (len = fread(block, 1, sizeof block, file)) > 0)
        buf_append(&page, block, len);
    return buf_take(&page);
}

static void test_the_page_shows_this_table(void **state)
{
    const char *path = getenv("TOCSIN_RULES_PAGE");

    (void)state;
    assert_non_null(path);
    auto_free char *page = read_page(path);
    auto_free char *shown = operator_page_shown(page);
    auto_free char *table = operator_page();
    assert_non_null(shown);
    if (strcmp(shown, table) != 0)
        print_message(
            "# %s shows another table; test-rule_operators --write %s puts it right\n", path, path);
    assert_string_equal(shown, table);
}

/* For people: puts the table into the page. */
static int write_page(const char *path)
{
    auto_free char *page = read_page(path);
    auto_free char *table = operator_page();
    auto_free char *whole = operator_page_put(page, table);
    auto_fclose FILE *file = whole ? fopen(path, "we") : NULL;

    if (!file || fputs(whole, file) < 0) {
        fprintf(stderr, "%s: it has no marks for the table, or cannot be written\n", path);
        return 1;
    }
    return 0;
}

static void test_yaml_does_not_choose_the_type(void **state)
{
    static const char event[] = "{\"type\":\"t\",\"attributes\":{\"country\":\"NO\",\"switch\":"
                                "\"on\",\"day\":\"08\",\"at\":\"22:30\",\"off\":false,\"big\":"
                                "9007199254740993}}";

    (void)state;
    assert_verdict("attributes.country: NO", event, NULL, 'Y');
    assert_verdict("attributes.switch: on", event, NULL, 'Y');
    assert_verdict("attributes.day: 08", event, NULL, 'Y');
    assert_verdict("attributes.day: 8", event, NULL, 'N');
    assert_verdict("attributes.at: '22:30'", event, NULL, 'Y');
    assert_verdict("attributes.off: false", event, NULL, 'Y');
    assert_verdict("attributes.off: no", event, NULL, 'N');
    assert_verdict("attributes.big: 9007199254740993", event, NULL, 'Y');
    assert_verdict("attributes.big: 9007199254740992", event, NULL, 'N');
}

static void test_levels_have_an_order(void **state)
{
    static const char alert[] = "{\"urgency\":{\"current_value\":76}}";

    (void)state;
    assert_verdict("level: high", "{\"type\":\"alert\"}", alert, 'Y');
    assert_verdict("level: {gte: high}", "{\"type\":\"alert\"}", alert, 'Y');
    assert_verdict("level: {gte: low, lt: urgent}", "{\"type\":\"alert\"}", alert, 'Y');
    assert_verdict("level: {gt: high}", "{\"type\":\"alert\"}", alert, 'N');
    assert_verdict("level: {lte: medium}", "{\"type\":\"alert\"}", alert, 'N');
    assert_verdict("level: {gte: high}", "{\"type\":\"alert\"}", "failed", 'U');
    assert_verdict("attributes.x: {gte: high}",
        "{\"type\":\"t\",\"attributes\":{\"x\":\"colossal\"}}", NULL, 'N');
}

static void test_times_have_an_order(void **state)
{
    static const char *const same[] = {"\"2026-09-10T00:26:40Z\"", "\"2026-09-10T02:26:40+02:00\"",
        "\"2026-09-10T00:26:40\"", "1789000000", "\"1789000000\""};

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        auto_buf struct buf alert = {0};
        buf_printf(&alert, "{\"at\":%s}", same[i]);
        assert_verdict("alert.at: {gte: '2026-09-10T00:26:40Z'}", "{\"type\":\"alert\"}",
            buf_text(&alert), 'Y');
        assert_verdict("alert.at: {gt: '2026-09-10T00:26:40Z'}", "{\"type\":\"alert\"}",
            buf_text(&alert), 'N');
        assert_verdict("alert.at: {lt: '2026-09-10T00:26:41Z'}", "{\"type\":\"alert\"}",
            buf_text(&alert), 'Y');
    }
    assert_verdict("alert.at: {lt: '2026-09-10T00:26:41Z'}", "{\"type\":\"alert\"}",
        "{\"at\":\"2022-01-12T10-00-00Z\"}", 'N');
}

static void test_paths_reach_into_lists(void **state)
{
    static const char alert[] =
        "{\"fields\":[{\"slug\":\"team\",\"value\":\"red\"}],\"a.b\":\"dot\"}";

    (void)state;
    assert_verdict("alert.fields.0.slug: team", "{\"type\":\"alert\"}", alert, 'Y');
    assert_verdict("alert.fields.1.slug: team", "{\"type\":\"alert\"}", alert, 'N');
    assert_verdict("'alert.a\\.b': dot", "{\"type\":\"alert\"}", alert, 'Y');
}

/* The truth table of three values, on `a` (true), `b` (false) and the failed alert. */
static void test_unknown_is_neither_true_nor_false(void **state)
{
#define YES "attributes.a: 1"
#define NO "attributes.b: 2"
#define UNKNOWN "alert.x: 1"
    static const struct {
        const char *match;
        char verdict;
    } rows[] = {
        {YES ", " UNKNOWN, 'U'},
        {NO ", " UNKNOWN, 'N'},
        {UNKNOWN ", " NO, 'N'},
        {UNKNOWN ", alert.y: {ne: 1}", 'U'},
        {"any: [{" YES "}, {" UNKNOWN "}]", 'Y'},
        {"any: [{" UNKNOWN "}, {" YES "}]", 'Y'},
        {"any: [{" UNKNOWN "}, {" NO "}]", 'U'},
        {"any: [{" NO "}, {" NO "}]", 'N'},
        {"all: [{" YES "}, {" YES "}]", 'Y'},
        {"all: [{" YES "}, {" UNKNOWN "}]", 'U'},
        {"all: [{" UNKNOWN "}, {" NO "}]", 'N'},
        {"not: {" UNKNOWN "}", 'U'},
        {"not: {" NO ", " UNKNOWN "}", 'Y'},
        {"not: {any: [{" NO "}, {not: {" YES "}}]}", 'Y'},
        {"any: [{not: {" UNKNOWN "}}, {all: [{" YES "}, {" NO "}]}]", 'U'},
        {"", 'Y'},
    };
    static const char event[] = "{\"type\":\"alert\",\"attributes\":{\"a\":1}}";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_verdict(rows[i].match, event, "failed", rows[i].verdict);
}

/* In the order of a list, and between each two neighbours none is equal. */
static void test_numbers_are_compared_exactly(void **state)
{
    static const char *const ascending[] = {"-1e300", "-9223372036854775808", "-9007199254740993",
        "-9007199254740992", "-1", "-0.5", "0", "0.5", "1", "9007199254740992", "9007199254740993",
        "9007199254740994.0", "9223372036854775807", "9223372036854775808.0", "1e300"};
    size_t count = sizeof ascending / sizeof *ascending;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            auto_buf struct buf event = {0}, equal = {0}, less = {0}, text = {0};
            buf_printf(&event, "{\"type\":\"t\",\"attributes\":{\"n\":%s}}", ascending[i]);
            buf_printf(&text, "{\"type\":\"t\",\"attributes\":{\"n\":\"%s\"}}", ascending[i]);
            buf_printf(&equal, "attributes.n: %s", ascending[j]);
            buf_printf(&less, "attributes.n: {lt: %s}", ascending[j]);
            assert_verdict(buf_text(&equal), buf_text(&event), NULL, i == j ? 'Y' : 'N');
            assert_verdict(buf_text(&less), buf_text(&event), NULL, i < j ? 'Y' : 'N');
            assert_verdict(buf_text(&less), buf_text(&text), NULL, i < j ? 'Y' : 'N');
        }
    }
}

static void test_numbers_have_forms_and_texts_have_not(void **state)
{
    static const char event[] = "{\"type\":\"t\",\"attributes\":{\"one\":1,\"real\":1.0,"
                                "\"text\":\"1\",\"decimal\":\"1.0\",\"zero\":-0.0,\"huge\":"
                                "99999999999999999999}}";
    (void)state;
    assert_verdict("attributes.one: 1.0", event, NULL, 'Y');
    assert_verdict("attributes.one: 10e-1", event, NULL, 'Y');
    assert_verdict("attributes.real: 1", event, NULL, 'Y');
    assert_verdict("attributes.text: 1.0", event, NULL, 'N');
    assert_verdict("attributes.text: {gte: 1.0, lte: 1.0}", event, NULL, 'Y');
    assert_verdict("attributes.decimal: 1.0", event, NULL, 'Y');
    assert_verdict("attributes.decimal: 1", event, NULL, 'N');
    assert_verdict("attributes.one: '1 '", event, NULL, 'N');
    assert_verdict("attributes.one: +1", event, NULL, 'N');
    assert_verdict("attributes.one: 01", event, NULL, 'N');
    assert_verdict("attributes.one: 0x1", event, NULL, 'N');
    assert_verdict("attributes.zero: 0", event, NULL, 'Y');
    /* What fits no number is kept as a text. */
    assert_verdict("attributes.huge: 99999999999999999999", event, NULL, 'Y');
    assert_verdict("attributes.huge: {gt: 9223372036854775807}", event, NULL, 'Y');
}

static void test_ages_count_from_acceptance(void **state)
{
    static const struct {
        const char *at;
        char newer, older;
    } rows[] = {
        {"\"2026-09-09T22:26:40.001Z\"", 'Y', 'N'},
        {"\"2026-09-09T22:26:40Z\"", 'N', 'N'}, /* two hours to the millisecond: neither */
        {"\"2026-09-09T22:26:39.999Z\"", 'N', 'Y'},
        {"\"2026-09-10T00:26:40+02:00\"", 'N', 'N'},
        {"1788992800.001", 'Y', 'N'},
        {"\"2026-09-10T03:00:00Z\"", 'Y', 'N'}, /* ahead of its acceptance */
        {"\"2026-09-09\"", 'N', 'N'},
        {"1788992800000", 'N', 'N'}, /* milliseconds are no time */
        {"-5", 'N', 'N'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_buf struct buf alert = {0};
        buf_printf(&alert, "{\"at\":%s}", rows[i].at);
        assert_verdict(
            "alert.at: {newer_than: 2h}", "{\"type\":\"alert\"}", buf_text(&alert), rows[i].newer);
        assert_verdict(
            "alert.at: {older_than: 2h}", "{\"type\":\"alert\"}", buf_text(&alert), rows[i].older);
    }
    /* The event's own time, which is the acceptance's where it says none. */
    assert_verdict("time: {newer_than: 1ms}", "{\"type\":\"t\"}", NULL, 'Y');
    assert_verdict("time: {older_than: 7d}",
        "{\"type\":\"t\",\"metadata\":{\"created_at\":\"2026-09-03T00:26:39Z\"}}", NULL, 'Y');
}

static void test_one_element_has_all(void **state)
{
    static const char alert[] =
        "{\"fields\":[\"team\",{\"slug\":\"team\",\"value\":\"red\",\"owner\":{\"name\":\"ann\"}},"
        "{\"slug\":\"site\",\"value\":\"paris\",\"tags\":[{\"n\":1},{\"n\":2}],"
        "\"rule\":\"r7\",\"level\":5,\"a.b\":true}],"
        "\"one\":{\"slug\":\"team\"}}";
    static const struct {
        const char *match;
        char verdict;
    } rows[] = {
        {"alert.fields: {has: {slug: team, value: red}}", 'Y'},
        {"alert.fields: {has: {slug: team, value: paris}}", 'N'},
        {"alert.fields: {has: {slug: team}}, all: [{alert.fields: {has: {value: paris}}}]", 'Y'},
        {"alert.fields: {has: {slug: team, owner.name: {glob: 'a*'}}}", 'Y'},
        {"alert.fields: {has: {slug: site, owner.name: {glob: 'a*'}}}", 'N'},
        {"alert.fields: {has: {tags.1.n: 2}}", 'Y'},
        {"alert.fields: {has: {tags: {has: {n: {gt: 1}}}}}", 'Y'},
        {"alert.fields: {has: {slug: team, tags: {has: {n: {gt: 1}}}}}", 'N'},
        {"alert.fields: {has: {slug: [team, site], not: {value: [red, paris]}}}", 'N'},
        {"alert.fields: {has: {not: {value: red}}}", 'Y'},
        {"alert.fields: {has: {'a\\.b': true}}", 'Y'},
        {"alert.one: {has: {slug: team}}", 'Y'},
        {"alert.fields.1: {has: {slug: team}}", 'Y'},
        {"alert.fields.0: {has: {slug: team}}", 'N'},
        /* Common names mean nothing in there. */
        {"alert.fields: {has: {rule: r7, level: 5}}", 'Y'},
        {"alert.fields: {has: {type: alert}}", 'N'},
        {"alert.fields: {ne: team, has: {slug: team}}", 'N'},
        {"facts: {has: {label: Type, value: malware}}", 'N'},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_verdict(rows[i].match, "{\"type\":\"alert\"}", alert, rows[i].verdict);
        assert_verdict(rows[i].match, "{\"type\":\"alert\"}", "failed", 'U');
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_operator_on_each_kind_of_value),
        cmocka_unit_test(test_the_page_shows_this_table),
        cmocka_unit_test(test_numbers_are_compared_exactly),
        cmocka_unit_test(test_numbers_have_forms_and_texts_have_not),
        cmocka_unit_test(test_ages_count_from_acceptance),
        cmocka_unit_test(test_one_element_has_all),
        cmocka_unit_test(test_yaml_does_not_choose_the_type),
        cmocka_unit_test(test_levels_have_an_order),
        cmocka_unit_test(test_times_have_an_order),
        cmocka_unit_test(test_paths_reach_into_lists),
        cmocka_unit_test(test_unknown_is_neither_true_nor_false),
    };

    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_page(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
