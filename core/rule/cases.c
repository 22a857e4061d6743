#include "rule/cases.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "config/filename.h"
#include "config/yaml.h"
#include "event/event.h"
#include "event/names.h"
#include "rule/case_event.h"
#include "rule/words.h"

static const char *const case_keys[] = {
    "name", "event", "with", "enriched", "hook", "at", "expect", NULL};
static const char *const expected_keys[] = {"sink", "title", "text", NULL};

static void complain(struct problems *problems, const struct yaml *node, const char *wanted)
{
    auto_free char *shown = yaml_show(node);

    if (!node->is_faulty)
        problem_add(problems, node->place, "%s, not %s", wanted, shown);
}

static bool is_text(const struct yaml *node)
{
    return node->kind == YAML_SCALAR && *node->text;
}

/* A text, or NULL and the complaint. */
static char *read_text(const struct yaml *node, const char *wanted, struct problems *problems)
{
    if (is_text(node))
        return text_copy(node->text);
    complain(problems, node, wanted);
    return NULL;
}

/* Whether the text is one of the map's keys, where there is a map, or the other word; else reports
 * it. */
static bool check_known(const struct yaml *map, const struct yaml *node, const char *what,
    const char *more, struct problems *problems)
{
    size_t count = map ? map->count : 0;
    auto_free const char **names = mem_alloc((count + 1) * sizeof *names);
    auto_free char *shown = yaml_show(node);

    if (!map || yaml_get(map, node->text) || (more && strcmp(node->text, more) == 0))
        return true;
    for (size_t i = 0; i < count; i++)
        names[i] = map->entries[i].key->text;
    names[count] = more;
    const char *near = nearest_word(node->text, names, count + 1);
    if (near)
        problem_add(
            problems, node->place, "unknown %s %s; did you mean \"%s\"?", what, shown, near);
    else
        problem_add(problems, node->place, "unknown %s %s", what, shown);
    return false;
}

/* The sink's name as the configuration has it; NULL, and reported, where there is no such sink. */
static const char *find_sink(
    const struct config *config, const struct yaml *node, struct problems *problems)
{
    const struct yaml *map = config_sink_names(config);

    if (!is_text(node)) {
        complain(problems, node, "`expect` names sinks");
        return NULL;
    }
    if (!check_known(map, node, "sink", NULL, problems))
        return NULL;
    for (size_t i = 0; map && i < map->count; i++)
        if (strcmp(map->entries[i].key->text, node->text) == 0)
            return map->entries[i].key->text;
    return node->text;
}

/* {sink: NAME, title: ..., text: ...} */
static void read_worded(struct expected *expected, const struct yaml *node,
    const struct config *config, struct problems *problems)
{
    const struct words words = {"key", expected_keys};
    const struct yaml *sink = yaml_get(node, "sink");

    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        const char *key = entry->key->text;
        if (!words_check(&words, entry->key, problems))
            continue;
        if (strcmp(key, "title") == 0)
            expected->title = read_text(entry->value, "`title` is a text", problems);
        else if (strcmp(key, "text") == 0 && entry->value->kind == YAML_SCALAR)
            expected->text = text_copy(entry->value->text);
        else if (strcmp(key, "text") == 0)
            complain(problems, entry->value, "`text` is a text");
    }
    if (sink)
        expected->sink = find_sink(config, sink, problems);
    else if (!node->is_faulty && !words_has_misspelt(&words, node, "sink"))
        problem_add(problems, node->place, "whose message? A \"sink\" is missing here");
}

static bool is_expected(const struct rule_case *test, const char *sink)
{
    for (size_t i = 0; i < test->expected_count; i++)
        if (test->expected[i].sink == sink)
            return true;
    return false;
}

static void read_expected(struct rule_case *test, const struct yaml *node,
    const struct config *config, struct problems *problems)
{
    struct expected expected = {0};

    if (node->kind == YAML_MAP)
        read_worded(&expected, node, config, problems);
    else
        expected.sink = find_sink(config, node, problems);
    if (expected.sink && is_expected(test, expected.sink)) {
        problem_add(problems, node->place, "\"%s\" is expected twice: a sink gets one message",
            expected.sink);
        expected.sink = NULL;
    }
    if (expected.sink) {
        test->expected[test->expected_count++] = expected;
        return;
    }
    free(expected.title);
    free(expected.text);
}

/* One sink or a list of them, as in `send`. */
static void read_expect(struct rule_case *test, const struct yaml *node,
    const struct config *config, struct problems *problems)
{
    size_t most = node->kind == YAML_LIST ? node->count : 1;

    if (node->kind == YAML_NULL) {
        if (!node->is_faulty)
            problem_add(problems, node->place,
                "nothing stands here; that nobody shall hear of it is written []");
        return;
    }
    test->expected = mem_alloc(most * sizeof *test->expected);
    if (node->kind != YAML_LIST)
        read_expected(test, node, config, problems);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        read_expected(test, node->items[i], config, problems);
}

static void read_enriched(
    struct rule_case *test, const struct yaml *node, struct problems *problems)
{
    bool is_false = node->kind == YAML_SCALAR && strcmp(node->text, "false") == 0;

    test->is_failed = is_false;
    if (!is_false && !(node->kind == YAML_SCALAR && strcmp(node->text, "true") == 0))
        complain(problems, node, "`enriched` is true or false");
}

/* A hook of the configuration, or "tocsin", by which its alarms come. */
static void read_hook(struct rule_case *test, const struct yaml *node, const struct config *config,
    struct problems *problems)
{
    test->hook = read_text(node, "`hook` is the name of a hook", problems);
    if (test->hook)
        check_known(config_hook_names(config), node, "hook", "tocsin", problems);
}

static void read_at(struct rule_case *test, const struct yaml *node, struct problems *problems)
{
    if (node->kind != YAML_SCALAR || !timestamp_parse(node->text, &test->at_ms))
        complain(problems, node, "`at` is a time such as 2026-11-25T20:00:00Z");
}

static void read_key(struct rule_case *test, const struct yaml_entry *entry,
    const struct config *config, struct problems *problems)
{
    const char *key = entry->key->text;
    const struct yaml *value = entry->value;

    if (strcmp(key, "name") == 0)
        test->name = read_text(value, "a test's name is a text", problems);
    else if (strcmp(key, "event") == 0)
        case_event_read(test, value, config, problems);
    else if (strcmp(key, "with") == 0)
        case_file_read(&test->object_file, value, "`with` is the name of a file", problems);
    else if (strcmp(key, "enriched") == 0)
        read_enriched(test, value, problems);
    else if (strcmp(key, "hook") == 0)
        read_hook(test, value, config, problems);
    else if (strcmp(key, "at") == 0)
        read_at(test, value, problems);
    else
        read_expect(test, value, config, problems);
}

static void require(
    const struct yaml *node, const char *key, const char *cure, struct problems *problems)
{
    const struct words words = {"key", case_keys};

    if (!yaml_get(node, key) && !node->is_faulty && !node->has_lost_keys &&
        !words_has_misspelt(&words, node, key))
        problem_add(problems, node->place, "this test has no \"%s\"%s", key, cure);
}

static void read_case(struct rule_case *test, const struct yaml *node, const struct config *config,
    struct problems *problems)
{
    const struct words words = {"key", case_keys};

    test->place = node->place;
    if (node->kind != YAML_MAP) {
        complain(problems, node, "a test is a map with name, event and expect");
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        if (words_check(&words, node->entries[i].key, problems))
            read_key(test, &node->entries[i], config, problems);
    require(node, "name", "", problems);
    require(node, "event", "; write it as it is posted, or {file: PATH}", problems);
    require(node, "expect", "; that nobody shall hear of it is written expect: []", problems);
    if (test->object && test->object_file.path)
        problem_add(problems, test->object_file.place,
            "what is looked up stands in the event already; write it there or in a file");
}

static void check_unique(
    const struct cases *cases, const struct yaml *node, struct problems *problems)
{
    const struct rule_case *last = &cases->items[cases->count - 1];

    for (const struct rule_case *test = cases->items; last->name && test < last; test++) {
        if (!test->name || strcmp(test->name, last->name) != 0)
            continue;
        problem_add(problems, yaml_get(node, "name")->place,
            "\"%s\" is the name of another test, at %s:%zu", last->name, test->place.file,
            test->place.line);
        return;
    }
}

static void read_list(struct cases *cases, const struct yaml *list, const struct config *config,
    struct problems *problems)
{
    if (list->kind != YAML_LIST) {
        complain(problems, list, "`tests` is a list of tests");
        return;
    }
    cases->items = mem_resize(cases->items, (cases->count + list->count) * sizeof *cases->items);
    for (size_t i = 0; i < list->count; i++) {
        struct rule_case *test = &cases->items[cases->count++];
        *test = (struct rule_case){0};
        read_case(test, list->items[i], config, problems);
        check_unique(cases, list->items[i], problems);
    }
}

void cases_read(struct cases *cases, const struct yaml *const *documents, size_t document_count,
    const struct config *config, struct problems *problems)
{
    *cases = (struct cases){0};
    for (size_t i = 0; i < document_count; i++) {
        const struct yaml *list = yaml_get(documents[i], "tests");
        if (list)
            read_list(cases, list, config, problems);
    }
}

static void case_finish(struct rule_case *test)
{
    for (size_t i = 0; i < test->expected_count; i++) {
        free(test->expected[i].title);
        free(test->expected[i].text);
    }
    free(test->expected);
    free(test->name);
    free(test->hook);
    free(test->event_file.path);
    free(test->object_file.path);
    json_decref(test->event);
    json_decref(test->object);
}

void cases_finish(struct cases *cases)
{
    for (size_t i = 0; i < cases->count; i++)
        case_finish(&cases->items[i]);
    free(cases->items);
    *cases = (struct cases){0};
}
