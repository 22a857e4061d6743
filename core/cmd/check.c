#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/case_story.h"
#include "cmd/command.h"
#include "cmd/findings.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "rule/ruleset.h"

static json_t *problem_json(const struct problem *problem)
{
    json_t *json = json_pack("{s:o}", "file", arguments_json(problem->file));

    if (problem->line > 0) {
        json_object_set_new(json, "line", json_integer((json_int_t)problem->line));
        json_object_set_new(json, "column", json_integer((json_int_t)problem->column));
    }
    json_object_set_new(json, "severity", json_string(problem->is_warning ? "warning" : "error"));
    json_object_set_new(json, "text", arguments_json(problem->text));
    return json;
}

static void print_json(const struct problems *problems)
{
    auto_json json_t *list = json_array();

    for (size_t i = 0; i < problems->count; i++)
        json_array_append_new(list, problem_json(&problems->items[i]));
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
}

static void print_summary(const struct setup *setup, bool ok)
{
    if (ok)
        printf("%s is fine: %zu hook%s, %zu rule%s, %zu sink%s\n", setup->config->file,
            setup->config->hook_count, setup->config->hook_count == 1 ? "" : "s",
            ruleset_count(setup->rules), ruleset_count(setup->rules) == 1 ? "" : "s",
            setup->sink_count, setup->sink_count == 1 ? "" : "s");
    else
        fprintf(stderr, "%zu error%s\n", setup->problems.error_count,
            setup->problems.error_count == 1 ? "" : "s");
}

int cmd_check(const struct command *command, int argc, char **argv)
{
    const char *given = NULL;
    bool is_json = false;
    const struct argument options[] = {{"-c", &given, NULL}, {"--json", NULL, &is_json}};
    struct setup setup;

    if (arguments_read(command, argc, argv, options, 2, NULL, 0) < 0)
        return EXIT_USAGE;
    bool ok = setup_load(&setup, arguments_config(given));
    if (setup.config)
        case_stories_check(&setup.cases, setup.config, &setup.problems);
    findings_add_shadows(&setup);
    problems_sort(&setup.problems);
    ok = ok && setup.config && setup.problems.error_count == 0;
    if (is_json) {
        print_json(&setup.problems);
    } else {
        setup_print_problems(&setup);
        print_summary(&setup, ok);
    }
    setup_finish(&setup);
    return ok ? EXIT_FINE : EXIT_NO;
}
