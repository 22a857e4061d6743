/* The tests that stand in the rules files. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "cmd/arguments.h"
#include "cmd/case_result.h"
#include "cmd/case_story.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/junit.h"
#include "cmd/rehearsal.h"
#include "cmd/session.h"
#include "cmd/setup.h"
#include "rule/cases.h"
#include "rule/glob.h"

struct testing {
    const char *given, *junit, *pattern;
    bool is_json;
    struct setup setup;
    json_t *results;
    size_t failures;
};

static bool is_meant(const struct testing *testing, const struct rule_case *test)
{
    return !testing->pattern || glob_match(testing->pattern, test->name);
}

static void run(struct testing *testing, const struct rule_case *test, int64_t now_ms)
{
    struct setup *setup = &testing->setup;
    struct story *story = case_story(test, setup->config, now_ms, &setup->problems);
    struct rehearsal rehearsal;

    if (!story)
        return; /* the problems tell */
    rehearsal_init(&rehearsal, setup, story);
    json_t *result = case_result(test, &rehearsal, setup);
    rehearsal_finish(&rehearsal);
    json_array_append_new(testing->results, result);
    testing->failures += !json_is_true(json_object_get(result, "ok"));
}

static void run_all(struct testing *testing)
{
    const struct cases *cases = &testing->setup.cases;
    int64_t now_ms = clock_wall_ms();
    struct progress progress;

    progress_begin(&progress, "tests run");
    for (size_t i = 0; i < cases->count; i++) {
        if (is_meant(testing, &cases->items[i]))
            run(testing, &cases->items[i], now_ms);
        progress_note(&progress, i + 1, cases->count);
    }
    progress_clear(&progress);
}

static void print_all(const struct testing *testing)
{
    size_t count = json_array_size(testing->results), i;
    const json_t *result;

    if (testing->is_json) {
        auto_json json_t *whole = json_pack("{s:O,s:I,s:I}", "tests", testing->results, "count",
            (json_int_t)count, "failed", (json_int_t)testing->failures);
        session_print(whole);
        return;
    }
    json_array_foreach (testing->results, i, result)
        case_result_print(result);
    if (count == 0)
        puts("the rules files have no tests: see `tests:` in docs/rules.md");
    else if (testing->failures == 0)
        printf("%zu test%s, all ok\n", count, count == 1 ? "" : "s");
    else
        printf("%zu test%s, %zu FAILED\n", count, count == 1 ? "" : "s", testing->failures);
}

static int test(struct testing *testing)
{
    struct setup *setup = &testing->setup;
    auto_error struct error error = {0};

    bool is_loaded = setup_load(setup, arguments_config(testing->given));
    if (is_loaded)
        run_all(testing);
    if (!is_loaded || setup->problems.error_count > 0) {
        problems_sort(&setup->problems);
        setup_print_problems(setup);
        return EXIT_UNDONE;
    }
    if (testing->pattern && json_array_size(testing->results) == 0) {
        fprintf(stderr, "tocsin: no test has a name like \"%s\"\n", testing->pattern);
        return EXIT_UNDONE;
    }
    print_all(testing);
    if (testing->junit && !junit_write(testing->junit, testing->results, &error)) {
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
        return EXIT_UNDONE;
    }
    return testing->failures == 0 ? EXIT_FINE : EXIT_NO;
}

int cmd_test(const struct command *command, int argc, char **argv)
{
    struct testing testing = {0};
    const struct argument options[] = {{"-c", &testing.given, NULL},
        {"--json", NULL, &testing.is_json}, {"--junit", &testing.junit, NULL}};

    if (arguments_read(command, argc, argv, options, sizeof options / sizeof *options,
            &testing.pattern, 1) < 0)
        return EXIT_USAGE;
    testing.results = json_array();
    int status = test(&testing);
    json_decref(testing.results);
    setup_finish(&testing.setup);
    return status;
}
