#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/hook_path.h"
#include "cmd/setup.h"
#include "config/config.h"

static int print_new_path(void)
{
    auto_free char *path = hook_path_new();

    if (!path) {
        fprintf(stderr, "tocsin: no randomness for a hook's path: %s\n", strerror(errno));
        return EXIT_UNDONE;
    }
    puts(path);
    return EXIT_FINE;
}

/* This is the one command that shows the secret paths: they are what it is asked for, and they go
 * to standard output only. */
static void print_hooks(const struct config *config)
{
    for (size_t i = 0; i < config->hook_count; i++)
        printf("%s\t%s%s\n", config->hooks[i].name, config->public_url ? config->public_url : "",
            config->hooks[i].path);
    if (!config->public_url)
        fprintf(stderr, "set `public_url` in %s to have whole URLs here\n", config->file);
}

int cmd_hooks(const struct command *command, int argc, char **argv)
{
    const char *given = NULL, *word = NULL;
    const struct argument options[] = {{"-c", &given, NULL}};
    struct setup setup;

    int count = arguments_read(command, argc, argv, options, 1, &word, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 1 && strcmp(word, "new") != 0)
        return command_usage(command, "\"%s\" is not `new`", word);
    if (count == 1)
        return print_new_path();
    bool ok = setup_load(&setup, arguments_config(given));
    if (!ok)
        setup_print_problems(&setup);
    else
        print_hooks(setup.config);
    setup_finish(&setup);
    return ok ? EXIT_FINE : EXIT_NO;
}
