#include <stdio.h>

#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/setup.h"
#include "config/config.h"

/* This is the one command that shows the secret paths: they are what it is asked for, and they go
 * to standard output only. */
int cmd_hooks(const struct command *command, int argc, char **argv)
{
    const char *given = NULL;
    const struct argument options[] = {{"-c", &given, NULL}};
    struct setup setup;

    if (arguments_read(command, argc, argv, options, 1, NULL, 0) < 0)
        return EXIT_USAGE;
    setup_load(&setup, arguments_config(given));
    if (!setup.config) {
        setup_print_problems(&setup);
    } else {
        for (size_t i = 0; i < setup.config->hook_count; i++)
            printf("%s\t%s%s\n", setup.config->hooks[i].name,
                setup.config->public_url ? setup.config->public_url : "",
                setup.config->hooks[i].path);
        if (!setup.config->public_url)
            fprintf(stderr, "set `public_url` in %s to have whole URLs here\n", setup.config->file);
    }
    bool ok = setup.config != NULL;
    setup_finish(&setup);
    return ok ? EXIT_FINE : EXIT_NO;
}
