/* The table of commands. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/command.h"

static const struct command commands[] = {
    {"serve", "[-c FILE]", "run the router", cmd_serve},
    {"init", "[FOLDER]", "write a first tocsin.yaml and rules.yaml", cmd_init},
    {"hooks", "[-c FILE] [new]", "print the URLs that senders post to; new: a fresh path for one",
        cmd_hooks},
    {"check", "[-c FILE]", "say everything that is wrong with the configuration", cmd_check},
    {"explain", "[-c FILE] [--with OBJECT.json | --not-enriched] EVENT.json",
        "say who would hear of an event, and why", cmd_explain},
    {"plugin", "[--plugin-path FOLDER] doc NAME|FILE.so", "print a plugin's options", cmd_plugin},
};

enum {
    command_count = sizeof commands / sizeof *commands,
};

int command_usage(const struct command *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *fault = text_vformat(format, args);
    va_end(args);
    fprintf(stderr, "tocsin: %s\nusage: tocsin %s %s\n", fault, command->name, command->arguments);
    return EXIT_USAGE;
}

static void print_help(FILE *out)
{
    fputs("tocsin routes security alerts to where people read them.\n\n", out);
    for (int i = 0; i < command_count; i++)
        fprintf(out, "  tocsin %s %s\n      %s\n", commands[i].name, commands[i].arguments,
            commands[i].help);
    fputs("\nWithout -c the configuration is $TOCSIN_CONFIG, ./tocsin.yaml or "
          "/etc/tocsin/tocsin.yaml.\n"
          "Exit status: 0 fine, 1 the answer is no, 2 bad usage, 3 it could not be done.\n",
        out);
}

static int is_word(const char *given, const char *a, const char *b)
{
    return strcmp(given, a) == 0 || strcmp(given, b) == 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    /* Both before any thread: jansson seeds its hashes once for the process. */
    json_set_alloc_funcs(mem_take, free);
    json_object_seed(0);
    if (is_word(name, "--help", "help") || is_word(name, "-h", "-h")) {
        print_help(stdout);
        return EXIT_FINE;
    }
    if (is_word(name, "--version", "-V")) {
        puts("tocsin " TOCSIN_VERSION);
        return EXIT_FINE;
    }
    for (int i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(&commands[i], argc - 2, argv + 2);
    if (*name)
        fprintf(stderr, "tocsin: unknown command \"%s\"\n\n", name);
    print_help(stderr);
    return EXIT_USAGE;
}
