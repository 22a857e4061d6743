#include "../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/config.h"
#include "config/yaml.h"
#include "rule/cases.h"

/* Sinks chat and siem, hook soc; alerts are looked up as Sekoia's, tickets as `ticket`. */
static const char configured[] = "{sinks: {chat: {}, siem: {}}, hooks: {soc: {}}}";
static char alert[] = "alert", desk[] = "desk", ticket[] = "ticket", data[] = "data";
static struct config_lookup lookups[] = {
    {.type = alert, .as = alert}, {.type = desk, .as = ticket, .pick = data}};

struct scene {
    struct config config;
    struct yaml *document;
    struct problems problems;
    struct cases cases;
};

static void read_scene(struct scene *scene, const char *yaml)
{
    *scene = (struct scene){.config = {.lookups = lookups, .lookup_count = 2}};
    scene->config.document =
        yaml_load_text("/etc/t/tocsin.yaml", configured, strlen(configured), &scene->problems);
    scene->document = yaml_load_text("/etc/t/rules.yaml", yaml, strlen(yaml), &scene->problems);
    const struct yaml *documents[] = {NULL, scene->document};
    cases_read(&scene->cases, documents, 2, &scene->config, &scene->problems);
}

static void finish_scene(struct scene *scene)
{
    cases_finish(&scene->cases);
    problems_finish(&scene->problems);
    yaml_destroy(scene->document);
    yaml_destroy(scene->config.document);
}

static char *problems_of(const char *yaml)
{
    struct scene scene;
    struct buf text = {0};

    read_scene(&scene, yaml);
    problems_sort(&scene.problems);
    for (size_t i = 0; i < scene.problems.count; i++) {
        auto_free char *line = problem_format(&scene.problems.items[i]);
        buf_printf(&text, "%s\n", line);
    }
    finish_scene(&scene);
    return buf_take(&text);
}

/* The only fault of a test that has all that is needed, and this. It stands where `at` does. */
static void assert_fault(const char *members, const char *at, const char *expected)
{
    auto_buf struct buf yaml = {0}, line = {0};
    const char *place = strstr(members, at);

    assert_non_null(place);
    buf_printf(&yaml, "tests:\n  - {%s}\n", members);
    auto_free char *problems = problems_of(buf_text(&yaml));
    buf_printf(&line, "/etc/t/rules.yaml:2:%td: %s\n", place - members + 6, expected);
    assert_string_equal(problems, buf_text(&line));
}

static void assert_event(const struct rule_case *test, const char *event, const char *object)
{
    size_t flags = JSON_COMPACT | JSON_SORT_KEYS;
    auto_free char *written = json_dumps(test->event, flags);
    auto_free char *looked_up = test->object ? json_dumps(test->object, flags) : NULL;

    assert_string_equal(written, event);
    if (object)
        assert_string_equal(looked_up, object);
    else
        assert_null(looked_up);
}

static void test_an_event_is_taken_apart_into_what_is_posted_and_what_is_looked_up(void **state)
{
    struct scene scene;

    (void)state;
    read_scene(&scene, "tests:\n"
                       "  - name: a moderate alert wakes nobody\n"
                       "    event: {type: alert, action: created, attributes: {uuid: a-1},\n"
                       "            alert: {title: x, urgency: {current_value: 30}}}\n"
                       "    expect: [siem]\n"
                       "  - name: of another sender\n"
                       "    event: {type: desk, alert: mine, ticket: {n: 1}}\n"
                       "    hook: soc\n"
                       "    at: 2026-11-25T20:00:00Z\n"
                       "    enriched: false\n"
                       "    expect: {sink: chat, title: t, text: ''}\n"
                       "  - {name: none, event: {type: probe, title: t}, expect: []}\n");
    assert_int_equal(scene.problems.count, 0);
    assert_int_equal(scene.cases.count, 3);

    const struct rule_case *test = scene.cases.items;
    assert_string_equal(test->name, "a moderate alert wakes nobody");
    assert_int_equal(test->place.line, 2);
    assert_event(test,
        "{\"action\":\"created\",\"attributes\":{\"uuid\":\"a-1\"},\"type\":\"alert\"}",
        "{\"title\":\"x\",\"urgency\":{\"current_value\":30}}");
    assert_false(test->is_failed);
    assert_null(test->hook);
    assert_int_equal(test->at_ms, 0);
    assert_int_equal(test->expected_count, 1);
    assert_string_equal(test->expected[0].sink, "siem");
    assert_null(test->expected[0].title);

    test++;
    assert_event(test, "{\"alert\":\"mine\",\"type\":\"desk\"}", "{\"n\":1}");
    assert_true(test->is_failed);
    assert_string_equal(test->hook, "soc");
    assert_true(test->at_ms == 1795636800000);
    assert_string_equal(test->expected[0].title, "t");
    assert_string_equal(test->expected[0].text, "");

    test++;
    assert_event(test, "{\"title\":\"t\",\"type\":\"probe\"}", NULL);
    assert_int_equal(test->expected_count, 0);
    finish_scene(&scene);
}

static void test_files_are_relative_to_the_one_that_names_them(void **state)
{
    struct scene scene;

    (void)state;
    read_scene(&scene, "tests:\n  - {name: a, event: {file: tests/a.json}, with: ../o.json,"
                       " enriched: true, expect: chat}\n");
    assert_int_equal(scene.problems.count, 0);
    const struct rule_case *test = scene.cases.items;
    assert_null(test->event);
    assert_string_equal(test->event_file.path, "/etc/t/tests/a.json");
    assert_non_null(strstr(test->object_file.path, "o.json"));
    assert_int_equal(test->event_file.place.line, 2);
    finish_scene(&scene);
}

static void test_every_fault_is_told_at_once_with_its_place(void **state)
{
    (void)state;
    auto_free char *problems = problems_of("tests:\n"
                                           "  - event: {type: alert, alrt: {}}\n"
                                           "    expect: [sieem]\n"
                                           "  - name: two\n"
                                           "    evnt: {}\n"
                                           "    expect:\n"
                                           "  - name: two\n"
                                           "    event: {file: x.json, action: created}\n"
                                           "    expect: [chat, {sink: chat, titel: x}]\n"
                                           "  - just words\n");

    assert_string_equal(problems,
        "/etc/t/rules.yaml:2:5: this test has no \"name\"\n"
        "/etc/t/rules.yaml:2:26: unknown part of an event of type alert: \"alrt\"; did you mean "
        "\"alert\"?\n"
        "/etc/t/rules.yaml:3:14: unknown sink \"sieem\"; did you mean \"siem\"?\n"
        "/etc/t/rules.yaml:5:5: unknown key \"evnt\"; did you mean \"event\"?\n"
        "/etc/t/rules.yaml:6:12: nothing stands here; that nobody shall hear of it is written []\n"
        "/etc/t/rules.yaml:7:11: \"two\" is the name of another test, at /etc/t/rules.yaml:4\n"
        "/etc/t/rules.yaml:8:27: the event is in a file: \"action\" cannot stand beside it\n"
        "/etc/t/rules.yaml:9:20: \"chat\" is expected twice: a sink gets one message\n"
        "/etc/t/rules.yaml:9:33: unknown key \"titel\"; did you mean \"title\"?\n"
        "/etc/t/rules.yaml:10:5: a test is a map with name, event and expect, not \"just "
        "words\"\n");
}

static void test_what_would_say_nothing_is_refused_with_its_cure(void **state)
{
    (void)state;
    assert_fault("name: a, event: {type: alert, urgency: 80}, expect: []", "urgency",
        "\"urgency\" is a name that rules see, and no part of an event of type alert: it is "
        "made of what stands in attributes and alert");
    assert_fault("name: a, event: {type: case, alert: {}}, expect: []", "alert: {}",
        "for events of type case \"case\" is looked up, not \"alert\"");
    assert_fault("name: a, event: {type: alert, alert: [1]}, expect: []", "[1]",
        "\"alert\" is what is looked up: a map, not a list; for a look-up in vain write "
        "enriched: false");
    assert_fault("name: a, event: {type: alert, alert: {}}, with: o.json, expect: []", "o.json",
        "what is looked up stands in the event already; write it there or in a file");
    assert_fault("name: a, event: tests/a.json, expect: []", "tests/",
        "an event is a map, as it is posted, or {file: PATH}; not \"tests/a.json\"");
    assert_fault("name: a, event: {action: created}, expect: []", "{action",
        "this is no event: no \"type\"");
    assert_fault("name: a, event: {type: 5}, expect: []", "{type",
        "this is no event: \"type\" is a number, not a text");
    assert_fault("name: a, event: {file: }, expect: []", "}, expect",
        "`file` is the name of a file, not nothing");
    assert_fault("name: a, event: {type: x}, enriched: no, expect: []", "no,",
        "`enriched` is true or false, not \"no\"");
    assert_fault("name: a, event: {type: x}, at: 2h, expect: []", "2h",
        "`at` is a time such as 2026-11-25T20:00:00Z, not \"2h\"");
    assert_fault("name: a, event: {type: x}, hook: sco, expect: []", "sco,",
        "unknown hook \"sco\"; did you mean \"soc\"?");
    assert_fault(
        "name: [a], event: {type: x}, expect: []", "[a]", "a test's name is a text, not a list");
    assert_fault("name: a, event: {type: x}, expect: [{title: t}]", "{title",
        "whose message? A \"sink\" is missing here");
    assert_fault("name: a, event: {type: x}, expect: [{sink: chat, title: [t]}]", "[t]",
        "`title` is a text, not a list");
    assert_fault("name: a, event: {type: x}, expect: [[chat]]", "[chat]",
        "`expect` names sinks, not a list");
}

static void test_tests_are_a_list(void **state)
{
    (void)state;
    auto_free char *map = problems_of("tests: {name: a}\n");
    auto_free char *none = problems_of("rules: []\n");
    auto_free char *empty = problems_of("tests: []\n");

    assert_string_equal(map, "/etc/t/rules.yaml:1:8: `tests` is a list of tests, not a map\n");
    assert_string_equal(none, "");
    assert_string_equal(empty, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_event_is_taken_apart_into_what_is_posted_and_what_is_looked_up),
        cmocka_unit_test(test_files_are_relative_to_the_one_that_names_them),
        cmocka_unit_test(test_every_fault_is_told_at_once_with_its_place),
        cmocka_unit_test(test_what_would_say_nothing_is_refused_with_its_cure),
        cmocka_unit_test(test_tests_are_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
