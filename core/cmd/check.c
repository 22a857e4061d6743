#include <stdio.h>

#include "cmd/arguments.h"
#include "cmd/case_story.h"
#include "cmd/command.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "rule/ruleset.h"

int cmd_check(const struct command *command, int argc, char **argv)
{
    const char *given = NULL;
    const struct argument options[] = {{"-c", &given, NULL}};
    struct setup setup;

    if (arguments_read(command, argc, argv, options, 1, NULL, 0) < 0)
        return EXIT_USAGE;
    bool ok = setup_load(&setup, arguments_config(given));
    if (setup.config)
        case_stories_check(&setup.cases, setup.config, &setup.problems);
    problems_sort(&setup.problems);
    ok = ok && setup.config && setup.problems.error_count == 0;
    setup_print_problems(&setup);
    if (ok)
        printf("%s is fine: %zu hook%s, %zu rule%s, %zu sink%s\n", setup.config->file,
            setup.config->hook_count, setup.config->hook_count == 1 ? "" : "s",
            ruleset_count(setup.rules), ruleset_count(setup.rules) == 1 ? "" : "s",
            setup.sink_count, setup.sink_count == 1 ? "" : "s");
    else
        fprintf(stderr, "%zu error%s\n", setup.problems.error_count,
            setup.problems.error_count == 1 ? "" : "s");
    setup_finish(&setup);
    return ok ? EXIT_FINE : EXIT_NO;
}
