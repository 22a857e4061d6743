#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "event/view.h"
#include "rule/ruleset.h"
#include "rules.h"

static char verdict_letter(const char *match, const char *event, const char *alert)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{name: r, match: {%s}, send: chat}]", match);
    struct ruleset *rules = rules_of(buf_text(&yaml));
    struct view *view = event_view(event, alert);
    struct decision decision;
    ruleset_decide(rules, view, 0, TRACE_ALL, &decision);
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

/* What `alert.x` may be, in the order of the columns below; the last is a look-up that failed. */
static const char *const alerts[] = {"{}", "{\"x\":null}", "{\"x\":\"\"}", "{\"x\":\"abc\"}",
    "{\"x\":80}", "{\"x\":\"80\"}", "{\"x\":true}", "{\"x\":[\"abc\",80,5,null]}",
    "{\"x\":{\"abc\":1}}", "{\"x\":[]}", "failed"};

static const struct {
    const char *match;
    const char *verdicts; /* absent, null, empty, text, number, numeric text, flag, list, object,
                             empty list, unknown: Yes, No or Unknown */
} operators[] = {
    {"alert.x: abc", "NNNYNNNYNNU"},
    {"alert.x: {eq: abc}", "NNNYNNNYNNU"},
    {"alert.x: ABC", "NNNNNNNNNNU"},
    {"alert.x: 80", "NNNNYYNYNNU"},
    {"alert.x: 80.0", "NNNNYNNYNNU"},
    {"alert.x: '80'", "NNNNYYNYNNU"},
    {"alert.x: 080", "NNNNNNNNNNU"},
    {"alert.x: true", "NNNNNNYNNNU"},
    {"alert.x: {ne: abc}", "YYYNYYYNYYU"},
    {"alert.x: {ne: 80}", "YYYYNNYNYYU"},
    {"alert.x: [abc, 80]", "NNNYYYNYNNU"},
    {"alert.x: {in: [abc, 80]}", "NNNYYYNYNNU"},
    {"alert.x: {in: [x, y]}", "NNNNNNNNNNU"},
    {"alert.x: {gt: 79}", "NNNNYYNYNNU"},
    {"alert.x: {gt: 80}", "NNNNNNNNNNU"},
    {"alert.x: {gte: 80}", "NNNNYYNYNNU"},
    {"alert.x: {lt: 80}", "NNNNNNNYNNU"},
    {"alert.x: {lt: 80.5}", "NNNNYYNYNNU"},
    {"alert.x: {lte: 80}", "NNNNYYNYNNU"},
    {"alert.x: {lte: -1}", "NNNNNNNNNNU"},
    {"alert.x: {exists: true}", "NNYYYYYYYYU"},
    {"alert.x: {exists: false}", "YYNNNNNNNNU"},
    {"alert.x: {contains: b}", "NNNYNNNYNNU"},
    {"alert.x: {contains: 8}", "NNNNYYNYNNU"},
    {"alert.x: {contains: ru}", "NNNNNNYNNNU"},
    {"alert.x: {glob: 'a*'}", "NNNYNNNYNNU"},
    {"alert.x: {glob: 'a'}", "NNNNNNNNNNU"},
    {"alert.x: {glob: '*'}", "NNYYYYYYNNU"},
    {"alert.x: {gte: 6, lt: 80}", "NNNNNNNNNNU"}, /* no one element is both */
    {"alert.x: {gte: 5, lt: 80}", "NNNNNNNYNNU"},
    {"alert.x: {gte: 5, ne: abc}", "NNNNYYNNNNU"},
    {"alert.x: {gte: 5, exists: true}", "NNNNYYNYNNU"},
    {"not: {alert.x: abc}", "YYYNYYYNYYU"},
    {"not: {alert.x: {exists: true}}", "YYNNNNNNNNU"},
};

static void test_each_operator_on_each_kind_of_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        for (size_t j = 0; j < sizeof alerts / sizeof *alerts; j++) {
            char letter = verdict_letter(operators[i].match, "{\"type\":\"alert\"}", alerts[j]);
            if (letter != operators[i].verdicts[j])
                print_message("# %s on %s: %c\n", operators[i].match, alerts[j], letter);
            assert_int_equal(letter, operators[i].verdicts[j]);
        }
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_operator_on_each_kind_of_value),
        cmocka_unit_test(test_yaml_does_not_choose_the_type),
        cmocka_unit_test(test_levels_have_an_order),
        cmocka_unit_test(test_times_have_an_order),
        cmocka_unit_test(test_paths_reach_into_lists),
        cmocka_unit_test(test_unknown_is_neither_true_nor_false),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
