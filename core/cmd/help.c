/* What the commands do and take: for people, and as JSON for whoever makes the manual and the
 * completions from it. */
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/paragraph.h"
#include "cmd/terminal.h"

enum {
    most_commands = 64,
    name_column = 16,
    option_column = 26,
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

/* A word, and beside it what it means. */
static void print_entry(FILE *out, const char *word, size_t column, const char *text)
{
    auto_buf struct buf lines = {0};
    size_t len = strlen(word) + 2, width = terminal_width(out);

    if (len < column) {
        fprintf(out, "  %-*s", (int)column - 2, word);
    } else {
        fprintf(out, "  %s\n%*s", word, (int)column, "");
    }
    paragraph_append(&lines, text, width, column, SIZE_MAX);
    fputs(buf_text(&lines), out);
}

static void print_paragraph(const char *text)
{
    auto_buf struct buf lines = {0};

    paragraph_append(&lines, text, terminal_width(stdout), 0, SIZE_MAX);
    fputs(buf_text(&lines), stdout);
}

static void print_summary(FILE *out, const struct command *table)
{
    for (; table->name; table++) {
        if (table->parts)
            print_summary(out, table->parts);
        else if (table->help)
            print_entry(out, table->name, name_column, table->help);
    }
}

void help_print(FILE *out)
{
    fputs("tocsin routes security alerts to where people read them.\n\n"
          "usage: tocsin COMMAND [OPTIONS] ...\n\n",
        out);
    print_summary(out, commands);
    fputs("\nMore of one: tocsin COMMAND --help, and of all: man tocsin. `tocsin --version` says "
          "which it is.\n"
          "Without -c the configuration is $TOCSIN_CONFIG, ./tocsin.yaml or "
          "/etc/tocsin/tocsin.yaml.\n"
          "WHEN is a time such as 2026-11-25T20:00:00Z, or how long ago: 2h.\n"
          "Exit status: 0 fine, 1 the answer is no, 2 bad usage, 3 it could not be done.\n",
        out);
}

static void print_options(const struct command *command)
{
    if (command->options && command->options->name)
        puts("\noptions:");
    for (const struct command_option *option = command->options; option && option->name; option++) {
        auto_free char *word = option->value ? text_format("%s %s", option->name, option->value)
                                             : text_copy(option->name);
        print_entry(stdout, word, option_column, option->help);
    }
}

void help_print_command(const struct command *command)
{
    printf("usage: tocsin %s %s\n\n", command->name, command->arguments);
    for (const struct command *part = command->parts; part && part->name; part++)
        if (part->help)
            printf("  tocsin %s %s\n      %s\n", part->name, part->arguments, part->help);
    if (!command->parts)
        print_paragraph(command->help);
    if (command->details) {
        putchar('\n');
        print_paragraph(command->details);
    }
    print_options(command);
    puts("\nexamples:");
    for (size_t i = 0; i < COMMAND_MOST_EXAMPLES && command->examples[i].line; i++)
        printf("  tocsin %s\n      %s\n", command->examples[i].line, command->examples[i].what);
}

static json_t *options_json(const struct command *command)
{
    json_t *list = json_array();

    for (const struct command_option *option = command->options; option && option->name; option++)
        json_array_append_new(
            list, json_pack("{s:s,s:s?,s:s?,s:s}", "name", option->name, "value", option->value,
                      "words", option->words, "help", option->help));
    return list;
}

static json_t *examples_json(const struct command *command)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COMMAND_MOST_EXAMPLES && command->examples[i].line; i++)
        json_array_append_new(list, json_pack("{s:s,s:s}", "line", command->examples[i].line,
                                        "what", command->examples[i].what));
    return list;
}

static void add_commands(json_t *list, const struct command *table)
{
    for (; table->name; table++) {
        if (!table->help)
            continue;
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:s?,s:s?,s:b,s:o,s:o}", "name", table->name, "arguments",
                      table->arguments, "help", table->help, "details", table->details, "operands",
                      table->operands, "has_parts", table->parts != NULL, "options",
                      options_json(table), "examples", examples_json(table)));
        if (table->parts)
            add_commands(list, table->parts);
    }
}

static int print_json(void)
{
    json_t *list = json_array();

    add_commands(list, commands);
    auto_json json_t *whole = json_pack("{s:s,s:o}", "version", TOCSIN_VERSION, "commands", list);
    json_dumpf(whole, stdout, JSON_INDENT(2));
    putchar('\n');
    return EXIT_FINE;
}

int help_refuse(const char *word)
{
    const char *names[most_commands];
    size_t count = 0;

    for (const struct command *at = commands; at->name && count < most_commands; at++)
        names[count++] = at->name;
    const char *near = nearest_word(word, names, count);
    if (near)
        fprintf(stderr, "tocsin: unknown command \"%s\"; did you mean \"%s\"?\n", word, near);
    else
        fprintf(stderr, "tocsin: unknown command \"%s\"; tocsin --help lists them\n", word);
    return EXIT_USAGE;
}

int cmd_help(const struct command *command, int argc, char **argv)
{
    bool is_json = false;
    const struct argument options[] = {{"--json", NULL, &is_json}};
    const char *rest[2];
    int count = arguments_read(command, argc, argv, options, 1, rest, 2), words;

    if (count < 0)
        return EXIT_USAGE;
    if (is_json)
        return print_json();
    if (count == 0) {
        help_print(stdout);
        return EXIT_FINE;
    }
    const struct command *meant = command_find(argc, argv, &words);
    if (!meant || !meant->help)
        return help_refuse(rest[0]);
    if (words < count)
        return command_usage(command, "\"%s\" is no command of tocsin %s", rest[1], rest[0]);
    help_print_command(meant);
    return EXIT_FINE;
}
