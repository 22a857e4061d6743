/* Finds the command that is meant, and runs it. The table is cmd/command_table.c. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/command.h"
#include "cmd/help.h"

static bool is_word(const char *given, const char *a, const char *b)
{
    return strcmp(given, a) == 0 || strcmp(given, b) == 0;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static int refuse_part(const struct command *command, const char *word)
{
    auto_buf struct buf words = {0};

    for (const struct command *part = command->parts; part->name; part++)
        if (part->help)
            buf_printf(
                &words, "%s%s", words.len > 0 ? ", " : "", part->name + strlen(command->name) + 1);
    if (!word)
        return command_usage(command, "say which command: %s", buf_text(&words));
    return command_usage(command, "\"%s\" is none of its commands: %s", word, buf_text(&words));
}

static int run_command(const struct command *command, int argc, char **argv)
{
    if (command->help && asks_for_help(argc, argv)) {
        help_print_command(command);
        return EXIT_FINE;
    }
    if (command->parts)
        return refuse_part(command, argc > 0 ? argv[0] : NULL);
    return command->run(command, argc, argv);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    int words;

    /* Both before any thread: jansson seeds its hashes once for the process. */
    json_set_alloc_funcs(mem_take, free);
    json_object_seed(0);
    if (is_word(name, "--help", "-h")) {
        help_print(stdout);
        return EXIT_FINE;
    }
    if (is_word(name, "--version", "-V")) {
        puts("tocsin " TOCSIN_VERSION);
        return EXIT_FINE;
    }
    const struct command *command = command_find(argc - 1, argv + 1, &words);
    if (command)
        return run_command(command, argc - 1 - words, argv + 1 + words);
    if (*name)
        return help_refuse(name);
    help_print(stderr);
    return EXIT_USAGE;
}
