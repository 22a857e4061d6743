/* title, text, facts, link, level and partials, as they are read; what is in them is for
 * message/phrasebook. */
#include "../cmocka_setup.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/partial.h"
#include "rule/phrasing.h"
#include "rule/rule.h"
#include "rule/ruleset.h"
#include "rules.h"

static void assert_draft(const struct draft *draft, const char *text, size_t line, size_t column)
{
    assert_non_null(draft->text);
    assert_string_equal(draft->text, text);
    assert_string_equal(draft->place.file, "rules.yaml");
    assert_int_equal(draft->place.line, line);
    assert_int_equal(draft->place.column, column);
}

static void test_a_rule_keeps_its_words_and_their_places(void **state)
{
    struct ruleset *rules = rules_of("rules:\n"
                                     "  - name: r\n"
                                     "    match: {}\n"
                                     "    send: [chat, mail]\n"
                                     "    title: \"{{title}}\"\n"
                                     "    text: |\n"
                                     "      now\n"
                                     "      {{status}}\n"
                                     "    facts:\n"
                                     "      Owner: \"{{alert.owner}}\"\n"
                                     "      Since: \"{{time}}\"\n"
                                     "    link: \"{{{link}}}\"\n"
                                     "    level: high\n");
    const struct rule *rule = ruleset_rule(rules, 0);
    bool is_exact;

    (void)state;
    assert_draft(&rule->phrasing->title, "{{title}}", 5, 12);
    assert_draft(&rule->phrasing->text, "now\n{{status}}\n", 6, 11);
    struct place inside = draft_place(&rule->phrasing->text, 2, 3, &is_exact);
    assert_true(is_exact);
    assert_int_equal(inside.line, 8);
    assert_int_equal(inside.column, 9);
    assert_draft(&rule->phrasing->link, "{{{link}}}", 12, 11);
    assert_draft(&rule->phrasing->level, "high", 13, 12);
    assert_true(rule->phrasing->has_facts);
    assert_int_equal(rule->phrasing->fact_count, 2);
    assert_string_equal(rule->phrasing->facts[0].label, "Owner");
    assert_draft(&rule->phrasing->facts[1].value, "{{time}}", 11, 14);
    assert_null(rule->sends[0].phrasing);
    ruleset_destroy(rules);
}

static void test_a_send_has_words_of_its_own(void **state)
{
    struct ruleset *rules = rules_of(
        "rules:\n"
        "  - {name: r, match: {}, send: [chat, {sink: mail, text: 'now {{status}}', facts: []}]}\n"
        "unmatched: {sink: siem, title: nobody wanted this}\n");
    const struct rule *rule = ruleset_rule(rules, 0), *unmatched = ruleset_rule(rules, 1);

    (void)state;
    assert_null(rule->phrasing);
    assert_null(rule->sends[0].phrasing);
    assert_draft(&rule->sends[1].phrasing->text, "now {{status}}", 2, 58);
    assert_true(rule->sends[1].phrasing->has_facts);
    assert_int_equal(rule->sends[1].phrasing->fact_count, 0);
    assert_null(rule->sends[1].phrasing->title.text);
    assert_string_equal(unmatched->name, "unmatched");
    assert_string_equal(unmatched->sends[0].phrasing->title.text, "nobody wanted this");
    ruleset_destroy(rules);
}

static void test_an_empty_text_is_one_too(void **state)
{
    struct ruleset *rules =
        rules_of("rules: [{name: r, match: {}, send: chat, title: '', text: \"\", facts: {}}]");
    const struct phrasing *phrasing = ruleset_rule(rules, 0)->phrasing;

    (void)state;
    assert_string_equal(phrasing->title.text, "");
    assert_string_equal(phrasing->text.text, "");
    assert_true(phrasing->has_facts);
    ruleset_destroy(rules);
}

static void test_what_is_folded_has_the_place_of_the_whole(void **state)
{
    struct ruleset *rules = rules_of("rules:\n"
                                     "  - name: r\n"
                                     "    match: {}\n"
                                     "    send: chat\n"
                                     "    text: >\n"
                                     "      now\n"
                                     "      {{status}}\n");
    const struct draft *text = &ruleset_rule(rules, 0)->phrasing->text;
    bool is_exact;

    (void)state;
    assert_string_equal(text->text, "now {{status}}\n");
    struct place inside = draft_place(text, 1, 5, &is_exact);
    assert_false(is_exact);
    assert_int_equal(inside.line, 5);
    assert_int_equal(inside.column, 11);
    ruleset_destroy(rules);
}

/* Of a rule with these keys, beginning in column 41 of line 1. */
static void assert_told(const char *keys, const char *expected)
{
    auto_problems struct problems problems = {0};
    auto_buf struct buf yaml = {0}, text = {0};

    buf_printf(&yaml, "rules: [{name: r, match: {}, send: chat, %s}]", keys);
    ruleset_destroy(rules_or_problems(buf_text(&yaml), &problems));
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        buf_printf(&text, "%s\n", line);
    }
    if (!strstr(buf_text(&text), expected))
        print_message("# %s\n# says: %s# not: %s\n", keys, buf_text(&text), expected);
    assert_non_null(strstr(buf_text(&text), expected));
}

static void test_every_fault_has_its_place(void **state)
{
    static const struct {
        const char *keys, *problem;
    } rows[] = {
        {"title: [a]", "rules.yaml:1:49: a title is a text, not a list"},
        {"title: ", "a title is a text, not nothing; an empty one is written \"\""},
        {"text: {a: b}", "rules.yaml:1:48: a message's text is a text, not a map"},
        {"link: [x]", "a link is a text, not a list"},
        {"level: {}", "a level is a text, not a map"},
        {"level: hihg", "rules.yaml:1:49: unknown level \"hihg\"; did you mean \"high\"?"},
        {"level: 7", "unknown level \"7\"; the levels are info low medium high urgent"},
        {"facts: x", "rules.yaml:1:49: `facts` is a map of labels to texts, not \"x\"; no facts is "
                     "written {}"},
        {"facts: [x]", "`facts` is a map of labels to texts, not a list"},
        {"facts: ", "`facts` is a map of labels to texts, not nothing"},
        {"facts: {a: [b]}", "rules.yaml:1:53: a fact's value is a text, not a list"},
        {"facts: {'{{x}}': b}", "a fact's label may not be a template: \"{{x}}\""},
        {"facts: {' ': b}", "a fact's label is one line of text, not \" \""},
        {"facts: {\"a\\nb\": b}", "a fact's label is one line of text, not \"a b\""},
        {"facts: {a2345678901234567890123456789012345678901234567890123456789012345: b}",
            "a fact's label has at most 64 characters"},
        {"facts: {1: x, 2: x, 3: x, 4: x, 5: x, 6: x, 7: x, 8: x, 9: x, 10: x, 11: x, 12: x, 13: "
         "x}",
            "rules.yaml:1:125: a message has at most 12 facts, these are 13"},
        {"titel: x", "unknown key \"titel\"; did you mean \"title\"?"},
        {"title: {{title}}", "an unquoted {{ begins a map here; quote it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_told(rows[i].keys, rows[i].problem);
    assert_told("if_not_enriched: send}, {name: s, match: {}, send: [{sink: chat, txt: x}]",
        "unknown key \"txt\"; did you mean \"text\"?");
    assert_told("if_not_enriched: send}, {name: s, match: {}, send: [{sink: chat, text: [x]}]",
        "a message's text is a text, not a list");
    assert_told("if_not_enriched: send}, {name: s, match: {}, send: [], text: x",
        "warning: this rule sends to nobody, so its \"text\" is never read");
}

static void test_partials_of_all_files_are_one_set(void **state)
{
    static const char first[] = "partials:\n  footer: \"{{hook}}\"\n";
    static const char second[] = "rules: []\npartials: {head: x, footer: y}\n";
    static const char *const sinks[] = {"chat"};
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *a = yaml_load_text("a.yaml", first, strlen(first), &problems);
    auto_yaml struct yaml *b = yaml_load_text("b.yaml", second, strlen(second), &problems);
    const struct yaml *documents[] = {a, b};
    struct ruleset *rules = ruleset_read(documents, 2, sinks, 1, &problems);
    const struct rule_partials *partials = ruleset_partials(rules);

    (void)state;
    assert_int_equal(partials->count, 2);
    assert_string_equal(partials->items[0].name, "footer");
    assert_string_equal(partials->items[0].draft.place.file, "a.yaml");
    assert_string_equal(partials->items[1].name, "head");
    assert_int_equal(problems.count, 1);
    auto_free char *line = problem_format(&problems.items[0]);
    assert_string_equal(line, "b.yaml:2:21: the partial \"footer\" stands already at a.yaml:2");
    ruleset_destroy(rules);
}

static void test_partials_have_a_form(void **state)
{
    static const struct {
        const char *yaml, *problem;
    } rows[] = {
        {"partials: [a]", "rules.yaml:1:11: `partials` is a folder's name, or a map of names to "
                          "texts, not a list"},
        {"partials:", "not nothing"},
        {"partials: {a b: x}",
            "a partial's name has no blanks and no braces, so it is not \"a b\""},
        {"partials: {a: [x]}", "rules.yaml:1:15: a partial is a text, not a list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_problems struct problems problems = {0};
        assert_null(rules_or_problems(rows[i].yaml, &problems));
        auto_free char *line = problem_format(&problems.items[0]);
        if (!strstr(line, rows[i].problem))
            print_message("# %s\n", line);
        assert_non_null(strstr(line, rows[i].problem));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rule_keeps_its_words_and_their_places),
        cmocka_unit_test(test_a_send_has_words_of_its_own),
        cmocka_unit_test(test_an_empty_text_is_one_too),
        cmocka_unit_test(test_what_is_folded_has_the_place_of_the_whole),
        cmocka_unit_test(test_every_fault_has_its_place),
        cmocka_unit_test(test_partials_of_all_files_are_one_set),
        cmocka_unit_test(test_partials_have_a_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
