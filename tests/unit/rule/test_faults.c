#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build_config.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "rule/ruleset.h"
#include "rules.h"

/* All problems, one a line. */
static char *problems_of(const char *yaml)
{
    auto_problems struct problems problems = {0};
    struct buf text = {0};

    struct ruleset *rules = rules_or_problems(yaml, &problems);
    assert_int_equal(rules == NULL, problems.error_count > 0);
    ruleset_destroy(rules);
    problems_sort(&problems);
    for (size_t i = 0; i < problems.count; i++) {
        auto_free char *line = problem_format(&problems.items[i]);
        buf_printf(&text, "%s\n", line);
    }
    return buf_take(&text);
}

static void assert_problem(const char *yaml, const char *expected)
{
    auto_free char *problems = problems_of(yaml);

    if (!strstr(problems, expected))
        print_message("# %s\n%s# does not say: %s\n", yaml, problems, expected);
    assert_non_null(strstr(problems, expected));
}

static void assert_rule_problem(const char *rule, const char *expected)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{%s}]", rule);
    assert_problem(buf_text(&yaml), expected);
}

static void assert_match_problem(const char *match, const char *expected)
{
    auto_buf struct buf yaml = {0};

    buf_printf(&yaml, "rules: [{name: r, match: {%s}, send: chat}]", match);
    assert_problem(buf_text(&yaml), expected);
}

static void test_every_fault_is_reported_with_its_place(void **state)
{
    (void)state;
    auto_free char *problems = problems_of("rules:\n"
                                           "  - name: one\n"
                                           "    match: {urgency: {gteq: 80}}\n"
                                           "    send: [chatt]\n"
                                           "  - name: one\n"
                                           "    mach: {}\n"
                                           "    send: []\n"
                                           "unmached: []\n");

    assert_string_equal(problems,
        "rules.yaml:3:23: unknown operator \"gteq\"; did you mean \"gte\"?\n"
        "rules.yaml:4:12: unknown sink \"chatt\"; did you mean \"chat\"?\n"
        "rules.yaml:5:11: \"one\" is the name of another rule, at rules.yaml:2\n"
        "rules.yaml:6:5: unknown key \"mach\"; did you mean \"match\"?\n"
        "rules.yaml:8:1: unknown key \"unmached\"; did you mean \"unmatched\"?\n");
}

static void test_rules_that_could_never_match_are_refused(void **state)
{
    static const struct {
        const char *match, *problem;
    } rows[] = {
        {"urgancy: {gte: 80}", "unknown name \"urgancy\"; did you mean \"urgency\"?"},
        {"Type: alert", "unknown name \"Type\"; did you mean \"type\"?"},
        {"urgency.current_value: {gte: 80}", "did you mean \"alert.urgency.current_value\"?"},
        {"entity.name: x", "\"entity.name\" is never there; did you mean \"entity\"?"},
        {"source.ip: x", "\"source.ip\" is never there: \"source\" has no parts"},
        {"urgency: {gte: high}", "urgency is a number, \"high\" is none"},
        {"level: critical", "unknown level \"critical\""},
        {"level: {gte: 80}", "unknown level \"80\""},
        {"level: [high, urgnt]", "unknown level \"urgnt\""},
        {"alert.x: {gte: many}", "\"many\" is neither a number, nor a level"},
        {"alert.x: {gte: 2026-02-29T00:00:00Z}", "nor a time (RFC 3339: 2026-03-01T00:00:00Z)"},
        {"alert.x: {gte: 08}", "\"08\" is neither a number"},
        {"alert: {urgency: {gte: 80}}", "the field inside is written alert.urgency"},
        {"alert.x: null", "for what is absent write {exists: false}"},
        {"alert.x: ", "for what is absent write {exists: false}"},
        {"alert.x: ''", "for what is absent write {exists: false}"},
        {"alert.x: []", "for what is absent write {exists: false}"},
        {"alert.x: {}", "for what is absent write {exists: false}"},
        {"alert.x: {eq: ~}", "for what is absent write {exists: false}"},
        {"alert.x: {gte: ''}", "for what is absent write {exists: false}"},
        {"alert.x: {in: []}", "for what is absent write {exists: false}"},
        {"alert.x: [a, ~]", "for what is absent write {exists: false}"},
        {"alert.x: {in: a}", "`in` needs a list: [a]"},
        {"alert.x: {eq: [a]}", "alert.x: `eq` takes one value; any of several is `in`"},
        {"alert.x: {gt: [1]}", "alert.x: `gt` takes one value, not a list"},
        {"alert.x: {newer_than: [2h]}", "alert.x: `newer_than` takes one value, not a list"},
        {"alert.x: {ne: []}", "for what is absent write {exists: false}"},
        {"alert.x: {glob: [a, '']}", "for what is absent write {exists: false}"},
        {"alert.x: {contains: [[a]]}", "a comparison needs one text or number, not a list"},
        {"alert.x: {in: {a: b}}", "a comparison needs one text or number, not a map"},
        {"alert.x: {cidr: 10.1.2.3/8}", "rules.yaml:1:43: `cidr`: \"10.1.2.3/8\" has bits set "
                                        "behind its prefix; the network is "
                                        "10.0.0.0/8"},
        {"alert.x: {cidr: [10.0.0.0/8, home]}", "rules.yaml:1:56: `cidr`: \"home\" is no network"},
        {"alert.x: {cidr: }", "for what is absent write {exists: false}"},
        {"alert.x: {newer_than: 2}", "`newer_than` needs a duration such as 30m, 2h or 7d, not "
                                     "\"2\""},
        {"alert.x: {older_than: 2 hours}", "`older_than` needs a duration such as"},
        {"alert.x: {older_than: -2h}", "`older_than` needs a duration such as"},
        {"alert.x: {newer_than: '2026-01-01T00:00:00Z'}",
            "what is compared with a time is written {gt: \"2026-01-01T00:00:00Z\"}"},
        {"urgency: {newer_than: 2h}", "urgency is no time"},
        {"level: {older_than: 2h}", "level is no time"},
        {"alert.x: {has: team}", "that the list itself holds \"team\" is written without"},
        {"alert.x: {has: []}", "`has` needs a map of what one object holds"},
        {"alert.x: {has: [{a: b}]}", "`has` needs a map of what one object holds"},
        {"alert.x: {has: {}}", "`has` needs a map of what one object holds"},
        {"alert.x: {has: }", "`has` needs a map of what one object holds"},
        {"alert.x: {has: {a: ~}}", "a: nothing can be compared with"},
        {"alert.x: {has: {a..b: c}}", "\"a..b\" has an empty part"},
        {"alert.x: {has: {a: {gteq: 1}}}", "unknown operator \"gteq\"; did you mean \"gte\"?"},
        {"alert.x: {matches: a}",
            "unknown operator \"matches\"; the operators are eq ne in gt gte lt "
            "lte exists contains glob regex cidr has newer_than older_than"},
        {"alert.x: {has: {any: []}}", "`any` needs a list of conditions, not an empty one"},
        {"alert.x: {has: {a: b}, eq: ~}", "alert.x: nothing can be compared with"},
        {"alert.x: [[a]]", "alert.x: a comparison needs one text or number, not a list"},
        {"alert.x: {exists: yes}", "`exists` is true or false, not \"yes\""},
        {"alert.x: {exists: ~}", "`exists` is true or false"},
        {"any: {type: a}", "`any` needs a list of conditions, not a map"},
        {"any: []", "`any` needs a list of conditions, not an empty one"},
        {"all: [a]", "`all` combines maps of fields with conditions, not \"a\""},
        {"any: [{}]", "`any` combines maps of fields with conditions, not an empty one"},
        {"not: {}", "`not` combines maps of fields with conditions, not an empty one"},
        {"not: [{type: a}]", "`not` combines maps of fields with conditions, not a list"},
        {"alert..x: a", "\"alert..x\" has an empty part"},
        {"alrt.x: a", "warning: \"alrt\" is a name only where a look-up is called so; did you mean "
                      "\"alert\"?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_match_problem(rows[i].match, rows[i].problem);
}

static void test_patterns_are_compiled_when_they_are_loaded(void **state)
{
    (void)state;
    if (!HAVE_PCRE2) {
        assert_match_problem("alert.x: {regex: a}",
            "rules.yaml:1:44: `regex` cannot use \"a\": this tocsin was built without PCRE2");
        return;
    }
    assert_match_problem("alert.x: {regex: 'a(b'}",
        "rules.yaml:1:44: `regex` cannot use \"a(b\": missing closing parenthesis, at offset 3");
    assert_match_problem("alert.x: {regex: ''}", "for what is absent write {exists: false}");
    assert_match_problem("alert.x: {regex: [a-z]}",
        "alert.x: `regex` takes one pattern: either of two is written 'a|b', and one that begins "
        "with [ needs quotes: '[a-z]'");
    assert_match_problem(
        "alert.x: {has: {a: {regex: '*'}}}", "quantifier does not follow a repeatable item");
}

static void test_rules_have_a_form(void **state)
{
    static const struct {
        const char *rule, *problem;
    } rows[] = {
        {"match: {}, send: chat", "this rule has no \"name\""},
        {"name: '', match: {}, send: chat", "a rule's name is a text, not \"\""},
        {"name: [a], match: {}, send: chat", "a rule's name is a text, not a list"},
        {"name: unmatched, match: {}, send: chat", "name it otherwise"},
        {"name: r, send: chat", "this rule has no \"match\"; for every event write match: {}"},
        {"name: r, match: , send: chat", "for every event write match: {}"},
        {"name: r, match: [], send: chat", "`match` is a map of fields with conditions"},
        {"name: r, match: {}", "this rule has no \"send\""},
        {"name: r, match: {}, send: ", "that nobody shall hear of it is written []"},
        {"name: r, match: {}, send: ''", "a sink's name is missing"},
        {"name: r, match: {}, send: [~]", "a sink's name is missing"},
        {"name: r, match: {}, send: [[chat]]", "a sink's name is missing: this is a list"},
        {"name: r, match: {}, send: nobody", "unknown sink \"nobody\""},
        {"name: r, match: {}, send: [{sink: mial}]", "did you mean \"mail\"?"},
        {"name: r, match: {}, send: [{snk: mail}]", "unknown key \"snk\"; did you mean \"sink\"?"},
        {"name: r, match: {}, send: [{}]", "no \"sink\" here"},
        {"name: r, match: {}, send: [chat, chat]", "warning: \"chat\" is named twice"},
        {"name: r, match: {}, send: chat, stop: yes", "`stop` is false or true, not \"yes\""},
        {"name: r, match: {}, send: chat, if_not_enriched: drop",
            "`if_not_enriched` is send or skip, not \"drop\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_rule_problem(rows[i].rule, rows[i].problem);
    assert_problem("rules: {}", "`rules` is a list of rules, not");
    assert_problem("rules: [a]", "a rule is a map with name, match and send, not \"a\"");
    assert_problem("- a", "a rules file is a map with `rules`, not a list");
    assert_problem("unmatched: nobody", "unknown sink \"nobody\"");
    assert_problem("unmatched:", "that nobody shall hear of it is written []");
}

static void test_what_is_right_has_no_problem(void **state)
{
    static const char *const files[] = {"", "x-anchors: {any: thing}\nrules: []\nunmatched: []",
        "rules: [{name: r, match: {ticket: {exists: true}}, send: [{sink: chat}, mail]}]",
        "rules: [{name: r, match: {ticket.owner: me}, send: {sink: chat}, stop: true}]",
        "rules: [{name: r, match: {ticket: {has: {owner: me}, exists: true}}, send: chat}]",
        "rules: [{name: r, match: {}, send: [], if_not_enriched: send, stop: false}]",
        "x-match: &m {type: alert}\nrules: [{name: r, match: *m, send: chat}]"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        auto_free char *problems = problems_of(files[i]);
        assert_string_equal(problems, "");
    }
}

/* Names are one space, whichever file they stand in. */
static void test_several_files_are_one_set_of_rules(void **state)
{
    static const char first[] = "rules: [{name: r, match: {}, send: chat}]\nunmatched: chat";
    static const char second[] = "rules: [{name: r, match: {}, send: chat}]\nunmatched: []";
    static const char *const sinks[] = {"chat"};
    auto_problems struct problems problems = {0};
    auto_yaml struct yaml *a = yaml_load_text("a.yaml", first, strlen(first), &problems);
    auto_yaml struct yaml *b = yaml_load_text("b.yaml", second, strlen(second), &problems);
    const struct yaml *documents[] = {a, NULL, b};

    (void)state;
    assert_null(ruleset_compile(documents, 3, sinks, 1, &problems));
    assert_int_equal(problems.count, 2);
    assert_string_equal(problems.items[0].file, "b.yaml");
    assert_string_equal(problems.items[0].text, "\"r\" is the name of another rule, at a.yaml:1");
    assert_string_equal(problems.items[1].text, "`unmatched` stands already at a.yaml:2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault_is_reported_with_its_place),
        cmocka_unit_test(test_rules_that_could_never_match_are_refused),
        cmocka_unit_test(test_patterns_are_compiled_when_they_are_loaded),
        cmocka_unit_test(test_rules_have_a_form),
        cmocka_unit_test(test_what_is_right_has_no_problem),
        cmocka_unit_test(test_several_files_are_one_set_of_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
