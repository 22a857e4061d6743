/* The table of commands. */
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/command.h"

#define OPERATORS "[-c FILE] [--admin HOST:PORT] [--json] "

static const struct command commands[] = {
    {"serve", "[-c FILE]", "run the router", "serve -c /etc/tocsin/tocsin.yaml", cmd_serve},
    {"init", "[FOLDER]", "write a first tocsin.yaml and rules.yaml", "init my-tocsin", cmd_init},
    {"hooks", "[-c FILE] [new]", "print the URLs that senders post to; new: a fresh path for one",
        "hooks new", cmd_hooks},
    {"check", "[-c FILE] [--online] [--json]",
        "say everything that is wrong with the configuration; --online: try its far ends too",
        "check -c tocsin.yaml --online", cmd_check},
    {"explain",
        OPERATORS "[--enrich | --with OBJECT.json | --not-enriched] [--hook HOOK] EVENT.json | ID "
                  "| -",
        "say who would hear of an event, and why", "explain event.json --with alert.json",
        cmd_explain},
    {"test", "[-c FILE] [--json] [--junit FILE] [NAME-GLOB]",
        "run the tests that stand in the rules files", "test \"urgent*\"", cmd_test},
    {"what-if", "[-c FILE] [--json] --rules FILE... [--since WHEN] [--until WHEN] [--limit N]",
        "say who would have heard more, less or otherwise by other rules",
        "what-if --rules new.yaml --since 24h", cmd_what_if},
    {"drill",
        "[-c FILE] [--level info|low|medium|high|urgent] [--daemon | --admin HOST:PORT] [--json] "
        "SINK... | --all",
        "send a drill message, urgent unless said otherwise, and show what went out and came back",
        "drill soc-teams", cmd_drill},
    {"status", OPERATORS, "say what is wrong, what waits and how each sink is", "status",
        cmd_status},
    {"dead", OPERATORS "[--sink SINK] [--since WHEN] [--until WHEN] [--limit N]",
        "list dead letters: what will not be sent by itself any more",
        "dead --sink soc-teams --since 2h", cmd_dead},
    {"events",
        OPERATORS "[--since WHEN] [--until WHEN] [--type TYPE] [--hook HOOK] [--limit N] "
                  "[--follow] | ID",
        "list what was accepted, or tell the story of one event", "events 3f9a1c-e17", cmd_events},
    {"inbox",
        OPERATORS "[--reader NAME] [--sink SINK] [--unread] [--long] [--limit N] | read "
                  "[--reader NAME] ID... | --until ID",
        "list what inbox sinks keep, or mark it as read", "inbox --unread --reader ada", cmd_inbox},
    {"retry",
        OPERATORS "[--to SINK] [--dry-run] ID... | [--sink SINK] [--since WHEN] [--until WHEN]",
        "send dead letters again; --to: by another sink, also what waits",
        "retry --sink soc-teams --since 2h --dry-run", cmd_retry},
    {"skip",
        OPERATORS "[--dry-run] --reason WORDS ID... | [--sink SINK] [--since WHEN] [--until WHEN]",
        "end deliveries, dead or waiting, without sending them",
        "skip --reason \"a test, nobody waits for it\" 3f9a1c-d42", cmd_skip},
    {"replay",
        OPERATORS "[--missing] [--dry-run] ID... | --since WHEN [--until WHEN] [--type TYPE] "
                  "[--hook HOOK]",
        "route events again by today's rules; --missing: only to sinks that never had them",
        "replay --since 2h --missing", cmd_replay},
    {"pause", OPERATORS "[--for DURATION] [--reason WORDS] SINK",
        "hold back what a sink is to send, over a restart too",
        "pause soc-teams --for 2h --reason \"the channel moves\"", cmd_pause},
    {"resume", OPERATORS "SINK", "end a pause", "resume soc-teams", cmd_resume},
    {"reload", OPERATORS, "have the daemon take over the configuration as its files are now",
        "reload", cmd_reload},
    {"render",
        "[--partials FOLDER] [--flavour plain|markdown|teams|mrkdwn|html|url] TEMPLATE DATA.json",
        "print what a template makes of some JSON; - for one of the files: standard input",
        "render title.mustache alert.json --flavour html", cmd_render},
    {"schema", "[-c FILE | --plugin-path FOLDER] [config|rules]",
        "print the JSON schema of tocsin.yaml or rules.yaml, for editors", "schema rules",
        cmd_schema},
    {"plugin", "COMMAND ...", "what concerns plugins", "plugin doc mattermost", NULL,
        plugin_commands},
};

/* Not for people, and not in the help. */
static const struct command inner_command = {
    "sink-host", "SINK FILE.so", "run a sink's plugin apart from tocsin", "", cmd_sink_host};

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

static void print_summary(FILE *out, const struct command *command)
{
    for (const struct command *part = command->parts; part && part->name; part++)
        print_summary(out, part);
    if (!command->parts && command->help)
        fprintf(
            out, "  tocsin %s %s\n      %s\n", command->name, command->arguments, command->help);
}

static void print_help(FILE *out)
{
    fputs("tocsin routes security alerts to where people read them.\n\n", out);
    for (int i = 0; i < command_count; i++)
        print_summary(out, &commands[i]);
    fputs("\nWithout -c the configuration is $TOCSIN_CONFIG, ./tocsin.yaml or "
          "/etc/tocsin/tocsin.yaml.\n"
          "WHEN is a time such as 2026-11-25T20:00:00Z, or how long ago: 2h.\n"
          "Exit status: 0 fine, 1 the answer is no, 2 bad usage, 3 it could not be done.\n",
        out);
}

static void print_command_help(const struct command *command)
{
    printf("usage: tocsin %s %s\n", command->name, command->arguments);
    for (const struct command *part = command->parts; part && part->name; part++)
        print_summary(stdout, part);
    if (!command->parts)
        puts(command->help);
    printf("\nexample: tocsin %s\n", command->example);
}

static int is_word(const char *given, const char *a, const char *b)
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

/* The part of a command that the word is; NULL when it is none. */
static const struct command *find_part(const struct command *command, const char *word)
{
    for (const struct command *part = command->parts; part->name; part++)
        if (strcmp(part->name + strlen(command->name) + 1, word) == 0)
            return part;
    return NULL;
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
    const struct command *part = command->parts && argc > 0 ? find_part(command, argv[0]) : NULL;
    const struct command *meant = part ? part : command;

    if (asks_for_help(argc, argv)) {
        print_command_help(meant);
        return EXIT_FINE;
    }
    if (meant->parts)
        return refuse_part(meant, argc > 0 ? argv[0] : NULL);
    return part ? part->run(part, argc - 1, argv + 1) : command->run(command, argc, argv);
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
    if (strcmp(name, inner_command.name) == 0)
        return run_command(&inner_command, argc - 2, argv + 2);
    for (int i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return run_command(&commands[i], argc - 2, argv + 2);
    if (*name)
        fprintf(stderr, "tocsin: unknown command \"%s\"\n\n", name);
    print_help(stderr);
    return EXIT_USAGE;
}
