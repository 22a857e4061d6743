#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/case_story.h"
#include "cmd/command.h"
#include "cmd/findings.h"
#include "cmd/online.h"
#include "cmd/printout.h"
#include "cmd/setup.h"
#include "cmd/terminal.h"
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

static json_t *problems_json(const struct problems *problems)
{
    json_t *list = json_array();

    for (size_t i = 0; i < problems->count; i++)
        json_array_append_new(list, problem_json(&problems->items[i]));
    return list;
}

static void print_json(const json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2));
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

static void print_text(const json_t *finding, const char *key, const char *before)
{
    const json_t *text = json_object_get(finding, key);

    if (!json_string_length(text))
        return;
    fputs(before, stdout);
    printout_text(text);
}

/* A line, and the cure below it. */
static void on_told(json_t *finding, void *arg)
{
    const char *result = json_string_value(json_object_get(finding, "result"));
    bool is_failed = strcmp(result, "failed") == 0, is_fine = strcmp(result, "fine") == 0;

    if (arg) {
        json_array_append_new(arg, finding);
        return;
    }
    printf("%s%s",
        paint_on(stdout, is_failed ? PAINT_BAD
                         : is_fine ? PAINT_GOOD
                                   : PAINT_DIM),
        is_failed ? "FAILED"
        : is_fine ? "fine  "
                  : "not   ");
    printf("%s", paint_off(stdout));
    print_text(finding, "what", "  ");
    print_text(finding, "to", " (");
    print_text(finding, "text", "): ");
    if (json_object_get(finding, "took_ms"))
        printf(" (%" JSON_INTEGER_FORMAT " ms)",
            json_integer_value(json_object_get(finding, "took_ms")));
    print_text(finding, "cure", "\n        ");
    putchar('\n');
    fflush(stdout);
    json_decref(finding);
}

/* Finishes the setup. */
static int go_online(struct setup *setup, bool is_json)
{
    auto_json json_t *findings = is_json ? json_array() : NULL;
    auto_json json_t *problems = problems_json(&setup->problems);
    bool is_lost = false;
    int status = online_check(setup, on_told, findings, &is_lost) ? EXIT_FINE : EXIT_NO;

    if (is_json) {
        auto_json json_t *whole = json_pack("{s:O,s:O}", "problems", problems, "online", findings);
        print_json(whole);
    }
    fflush(stdout);
    if (is_lost)
        _exit(status); /* what the lost threads use, exit handlers would take away */
    return status;
}

static void tell_problems(const struct setup *setup, bool ok, bool is_json, bool is_online)
{
    auto_json json_t *problems = problems_json(&setup->problems);

    if (is_json && !(ok && is_online)) {
        print_json(problems);
    } else if (!is_json) {
        setup_print_problems(setup);
        print_summary(setup, ok);
    }
    if (is_online && !ok)
        fputs("tocsin: nothing was tried online: mend the configuration first\n", stderr);
}

int cmd_check(const struct command *command, int argc, char **argv)
{
    const char *given = NULL;
    bool is_json = false, is_online = false;
    const struct argument options[] = {
        {"-c", &given, NULL}, {"--json", NULL, &is_json}, {"--online", NULL, &is_online}};
    struct setup setup;

    if (arguments_read(command, argc, argv, options, sizeof options / sizeof *options, NULL, 0) < 0)
        return EXIT_USAGE;
    bool ok = setup_load(&setup, arguments_config(given));
    if (setup.config)
        case_stories_check(&setup.cases, setup.config, &setup.problems);
    findings_add_shadows(&setup);
    problems_sort(&setup.problems);
    ok = ok && setup.config && setup.problems.error_count == 0;
    tell_problems(&setup, ok, is_json, is_online);
    if (ok && is_online)
        return go_online(&setup, is_json);
    setup_finish(&setup);
    return ok ? EXIT_FINE : EXIT_NO;
}
