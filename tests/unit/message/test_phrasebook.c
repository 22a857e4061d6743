/* The templates of the rules: what is wrong with them, and where that stands. */
#include "../cmocka_setup.h"

#include <string.h>

#include "../rule/rules.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "message/phrasebook.h"
#include "rule/phrasing.h"
#include "rule/ruleset.h"

/* All problems of a file rules.yaml, one a line. */
static char *problems_of(const char *yaml)
{
    static const char *const sinks[] = {"chat", "mail"};
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *document = yaml_load_text("rules.yaml", yaml, strlen(yaml), &problems);
    const struct yaml *documents[] = {document};
    struct ruleset *rules = ruleset_read(documents, 1, sinks, 2, &problems);
    struct phrasebook *book = phrasebook_create(rules, &problems);
    struct buf text = {0};

    problems_sort(&problems);
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        buf_printf(&text, "%s\n", line);
    }
    phrasebook_destroy(book);
    ruleset_destroy(rules);
    return buf_take(&text);
}

/* Of a rule that has this more, from line 2 on. */
static char *problems_of_rule(const char *keys)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules:\n  - {name: r, match: {}, send: chat,\n%s}\n", keys);
    return problems_of(buf_text(&yaml));
}

static void assert_told(const char *keys, const char *expected)
{
    auto_free char *problems = problems_of_rule(keys);

    if (!strstr(problems, expected))
        print_message("# %s\n# says: %s# not: %s\n", keys, problems, expected);
    assert_non_null(strstr(problems, expected));
}

static void test_a_fault_has_the_line_and_column_of_the_rules_file(void **state)
{
    (void)state;
    auto_free char *problems = problems_of("rules:\n"
                                           "  - name: r\n"
                                           "    match: {}\n"
                                           "    send: [chat, {sink: mail, title: 'a {{title'}]\n"
                                           "    text: |\n"
                                           "      one\n"
                                           "      {{#entity}}\n"
                                           "    facts:\n"
                                           "      Owner: \"{{alert.owner|ago:x:y}}\"\n"
                                           "    title: >\n"
                                           "      folded\n"
                                           "      {{/entity}}\n");

    assert_non_null(strstr(problems, "rules.yaml:4:41: title: "));
    assert_non_null(strstr(problems, "rules.yaml:7:7: text: "));
    assert_non_null(strstr(problems, "rules.yaml:9:29: facts: "));
    assert_non_null(strstr(problems, "rules.yaml:10:12: title: "));
    assert_non_null(strstr(problems, "(line 1, column 8 of the text)"));
}

static void test_all_faults_of_a_text_are_told_at_once(void **state)
{
    (void)state;
    auto_free char *problems = problems_of_rule("text: '{{a|agoo}} {{b|json|cutt:3}}'");

    assert_non_null(strstr(problems, "rules.yaml:3:12: text: "));
    assert_non_null(strstr(problems, "rules.yaml:3:28: text: "));
}

/* A misspelt sink must not hide a template that is not closed. */
static void test_other_faults_hide_none_of_a_template(void **state)
{
    (void)state;
    auto_free char *problems = problems_of("rules:\n"
                                           "  - {match: {}, send: chta, text: '{{title'}\n"
                                           "  - {name: r, match: {}, send: chat, title: '{{'}\n"
                                           "partials: {a: '{{#b}}'}\n");

    assert_non_null(strstr(problems, "unknown sink \"chta\""));
    assert_non_null(strstr(problems, "this rule has no \"name\""));
    assert_non_null(strstr(problems, "rules.yaml:2:36: text: "));
    assert_non_null(strstr(problems, "rules.yaml:3:46: title: "));
    assert_non_null(strstr(problems, "rules.yaml:4:16: partial: "));
}

static void test_a_partial_that_is_not_there_is_named(void **state)
{
    (void)state;
    auto_free char *problems =
        problems_of("rules: [{name: r, match: {}, send: chat, text: 'x {{> foter}}'}]\n"
                    "partials: {footer: '{{> nothing.like-it}}'}\n");

    assert_string_equal(problems,
        "rules.yaml:1:51: there is no partial \"foter\"; did you mean \"footer\"?\n"
        "rules.yaml:2:21: there is no partial \"nothing.like-it\": name it under `partials:`\n");
}

static void test_a_misspelt_name_is_an_error_where_it_is_surely_none(void **state)
{
    (void)state;
    assert_told(
        "title: '{{titel}}'", "rules.yaml:3:9: unknown name \"titel\"; did you mean \"title\"?");
    assert_told(
        "text: '{{status.name}}'", "\"status.name\" is never there; did you mean \"status\"?");
    assert_told("text: 'on {{#entity}}{{entty}}{{/entity}}'",
        "rules.yaml:3:22: unknown name \"entty\"; did you mean \"entity\"?");
    assert_told("text: '{{^entity}}{{entty}}{{/entity}}'", "unknown name \"entty\"");
    assert_told("text: '{{#changd}}x{{/changd}}'",
        "warning: \"changd\" is a name only where a look-up is called so; did you mean "
        "\"changed\"?");
    assert_told("text: '{{#alert}}{{/alert}}{{titel}}'", "unknown name \"titel\"");
}

static void test_a_name_that_may_be_there_is_none_of_our_business(void **state)
{
    static const char *const keys[] = {
        "text: '{{#alert}}{{titel}}{{/alert}}'",
        "text: '{{#alert}}{{#entity}}{{nam}}{{/entity}}{{/alert}}'",
        "text: '{{#changed}}{{.}} {{/changed}}'",
        "text: '{{#facts}}{{label}}: {{value}}{{/facts}}'",
        "text: '{{ticket.owner}} {{desk}}'",
        "text: '{{alert.custom_fields.0.slug}}'",
        "title: '{{title}}{{#entity}} on {{entity}}{{/entity}}'",
        "text: '{{! a comment about titel }}'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        auto_free char *problems = problems_of_rule(keys[i]);
        assert_string_equal(problems, "");
    }
    auto_free char *problems = problems_of("partials: {row: '{{titel}}'}\n");
    assert_string_equal(problems, "");
}

static void test_words_are_found_by_rule_and_sink(void **state)
{
    auto_problems struct problems problems = {0};
    struct ruleset *rules = rules_of("rules:\n"
                                     "  - {name: plain, match: {}, send: chat}\n"
                                     "  - name: worded\n"
                                     "    match: {}\n"
                                     "    send: [chat, {sink: mail, text: by mail}]\n"
                                     "    title: the rule's\n"
                                     "    text: the rule's text\n"
                                     "unmatched: [{sink: siem, title: lost}, chat]\n");
    struct phrasebook *book = phrasebook_create(rules, &problems);

    (void)state;
    assert_int_equal(problems.count, 0);
    assert_null(phrasebook_find(book, "plain", "chat"));
    const struct phrases *chat = phrasebook_find(book, "worded", "chat");
    const struct phrases *mail = phrasebook_find(book, "worded", "mail");
    assert_string_equal(chat->text->draft->text, "the rule's text");
    assert_string_equal(mail->text->draft->text, "by mail");
    assert_ptr_equal(mail->title, chat->title);
    assert_ptr_equal(phrasebook_find(book, "worded", "pager"), chat); /* a sink that took over */
    assert_string_equal(phrasebook_find(book, "unmatched", "siem")->title->draft->text, "lost");
    assert_null(phrasebook_find(book, "unmatched", "chat"));
    assert_true(phrasebook_find(book, "no such rule", "chat")->is_gone);
    assert_int_equal(phrasebook_count(book), 4);
    phrasebook_destroy(book);
    ruleset_destroy(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fault_has_the_line_and_column_of_the_rules_file),
        cmocka_unit_test(test_all_faults_of_a_text_are_told_at_once),
        cmocka_unit_test(test_other_faults_hide_none_of_a_template),
        cmocka_unit_test(test_a_partial_that_is_not_there_is_named),
        cmocka_unit_test(test_a_misspelt_name_is_an_error_where_it_is_surely_none),
        cmocka_unit_test(test_a_name_that_may_be_there_is_none_of_our_business),
        cmocka_unit_test(test_words_are_found_by_rule_and_sink),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
