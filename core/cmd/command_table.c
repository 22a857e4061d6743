/* The table of commands. */
#include <stddef.h>
#include <string.h>

#include "cmd/command.h"

/* Options that several commands have. */
#define C_OPTION                                                                                   \
    {                                                                                              \
        "-c", "FILE", WORDS_FILE,                                                                  \
            "the configuration; else $TOCSIN_CONFIG, ./tocsin.yaml or /etc/tocsin/tocsin.yaml"     \
    }
#define JSON_OPTION                                                                                \
    {                                                                                              \
        "--json", NULL, NULL, "print JSON for programs"                                            \
    }
#define OPERATOR_OPTIONS                                                                           \
    C_OPTION, JSON_OPTION,                                                                         \
    {                                                                                              \
        "--admin", "HOST:PORT", NULL, "ask the daemon there, not the one of the configuration"     \
    }
#define SINCE_OPTION                                                                               \
    {                                                                                              \
        "--since", "WHEN", NULL, "from then on"                                                    \
    }
#define UNTIL_OPTION                                                                               \
    {                                                                                              \
        "--until", "WHEN", NULL, "up to then"                                                      \
    }
#define PERIOD_OPTIONS SINCE_OPTION, UNTIL_OPTION
#define DRY_RUN_OPTION                                                                             \
    {                                                                                              \
        "--dry-run", NULL, NULL, "say what would change, and change nothing"                       \
    }
#define TYPE_OPTION                                                                                \
    {                                                                                              \
        "--type", "TYPE", "alert alert-comment case content-proposal tocsin",                      \
            "only events of that type"                                                             \
    }
#define HOOK_OPTION                                                                                \
    {                                                                                              \
        "--hook", "HOOK", WORDS_HOOK, "only what came in there"                                    \
    }

#define OPERATORS "[-c FILE] [--admin HOST:PORT] [--json] "

static const struct command_option serve_options[] = {C_OPTION, {0}};
static const struct command_option hooks_options[] = {C_OPTION, {0}};
static const struct command_option check_options[] = {C_OPTION, JSON_OPTION,
    {"--online", NULL, NULL,
        "then try the far ends: the API's key, logins, TLS; no message is sent"},
    {0}};
static const struct command_option explain_options[] = {OPERATOR_OPTIONS,
    {"--enrich", NULL, NULL, "look the object up, as the daemon does"},
    {"--with", "OBJECT.json", WORDS_FILE, "the looked-up object"},
    {"--not-enriched", NULL, NULL, "as if the look-up had failed"},
    {"--hook", "HOOK", WORDS_HOOK, "as if it came in there"}, {0}};
static const struct command_option test_options[] = {C_OPTION, JSON_OPTION,
    {"--junit", "FILE", WORDS_FILE, "write the results for a CI system too"}, {0}};
static const struct command_option what_if_options[] = {C_OPTION, JSON_OPTION,
    {"--rules", "FILE", WORDS_FILE, "the other rules; may be given several times"}, PERIOD_OPTIONS,
    {"--limit", "N", NULL, "so many differences are shown"}, {0}};
static const struct command_option drill_options[] = {OPERATOR_OPTIONS,
    {"--level", "LEVEL", "info low medium high urgent", "what the message is marked as; urgent"},
    {"--all", NULL, NULL, "every sink"},
    {"--daemon", NULL, NULL, "have the daemon send it: by its secrets, from its network"}, {0}};
static const struct command_option status_options[] = {OPERATOR_OPTIONS, {0}};
static const struct command_option dead_options[] = {OPERATOR_OPTIONS,
    {"--sink", "SINK", WORDS_SINK, "only those for it"}, PERIOD_OPTIONS,
    {"--limit", "N", NULL, "the newest so many; 50"}, {0}};
static const struct command_option events_options[] = {OPERATOR_OPTIONS, PERIOD_OPTIONS,
    TYPE_OPTION, {"--action", "ACTION", "created updated deleted", "only events of that action"},
    HOOK_OPTION, {"--sink", "SINK", WORDS_SINK, "only what went to it, or is to go"},
    {"--rule", "RULE", NULL, "only what that rule sent"},
    {"--state", "STATE", "unrouted nobody waiting delivered dead skipped",
        "only events of which something stands so"},
    {"--search", "WORDS", NULL, "only events that hold these words"},
    {"--limit", "N", NULL, "the newest so many; 50, or 10 to follow"},
    {"--follow", NULL, NULL, "and then what comes, until Ctrl-C; with --json an object a line"},
    {"-f", NULL, NULL, "the same as --follow"}, {0}};
static const struct command_option inbox_options[] = {OPERATOR_OPTIONS,
    {"--reader", "NAME", NULL, "whose reading it is; by default everybody's"},
    {"--sink", "SINK", WORDS_SINK, "only what that inbox sink kept"},
    {"--unread", NULL, NULL, "only what was not read"},
    {"--long", NULL, NULL, "with text, facts and link"},
    {"--limit", "N", NULL, "the newest so many"},
    {"--until", "ID", NULL, "with read: that one and all before it"}, {0}};
static const struct command_option retry_options[] = {OPERATOR_OPTIONS,
    {"--to", "SINK", WORDS_SINK, "by another sink; then also what waits"}, DRY_RUN_OPTION,
    {"--sink", "SINK", WORDS_SINK, "all dead letters for it"}, PERIOD_OPTIONS, {0}};
static const struct command_option skip_options[] = {OPERATOR_OPTIONS,
    {"--reason", "WORDS", NULL, "why; it is kept with them"}, DRY_RUN_OPTION,
    {"--sink", "SINK", WORDS_SINK, "all that is dead or waits for it"}, PERIOD_OPTIONS, {0}};
static const struct command_option replay_options[] = {OPERATOR_OPTIONS,
    {"--missing", NULL, NULL, "only to sinks that never had the event"}, DRY_RUN_OPTION,
    PERIOD_OPTIONS, TYPE_OPTION, HOOK_OPTION, {0}};
static const struct command_option pause_options[] = {OPERATOR_OPTIONS,
    {"--for", "DURATION", "10m 1h 2h 8h 1d", "until then; without it until `tocsin resume`"},
    {"--reason", "WORDS", NULL, "why; status shows it"}, {0}};
static const struct command_option resume_options[] = {OPERATOR_OPTIONS, {0}};
static const struct command_option reload_options[] = {OPERATOR_OPTIONS, {0}};
static const struct command_option render_options[] = {
    {"--partials", "FOLDER", WORDS_FOLDER, "where templates that others call are"},
    {"--flavour", "FLAVOUR", "plain markdown teams mrkdwn html url", "how values are escaped"},
    {0}};
static const struct command_option schema_options[] = {
    C_OPTION, {"--plugin-path", "FOLDER", WORDS_FOLDER, "the plugins that it knows"}, {0}};
static const struct command_option help_options[] = {
    {"--json", NULL, NULL, "print all commands as JSON, for programs"}, {0}};

const struct command commands[] = {
    {.name = "serve",
        .arguments = "[-c FILE]",
        .help = "run the router",
        .details = "Receives posts at the hooks, and sends messages until SIGTERM or Ctrl-C: then "
                   "no post is taken any more, what is under way ends within `drain`, and the rest "
                   "waits in the ledger. A second signal ends it at once. SIGHUP reloads.",
        .options = serve_options,
        .examples = {{"serve -c /etc/tocsin/tocsin.yaml", "in the foreground, as a service does"}},
        .run = cmd_serve},
    {.name = "init",
        .arguments = "[FOLDER]",
        .help = "write a first tocsin.yaml and rules.yaml",
        .operands = WORDS_FOLDER,
        .examples = {{"init my-tocsin", "with a fresh path for the hook"}},
        .run = cmd_init},
    {.name = "hooks",
        .arguments = "[-c FILE] [new]",
        .help = "print the URLs that senders post to; new: a fresh path for one",
        .options = hooks_options,
        .operands = "new",
        .examples = {{"hooks", "whole URLs, to paste at the sender"},
            {"hooks new", "a path that nobody can guess"}},
        .run = cmd_hooks},
    {.name = "check",
        .arguments = "[-c FILE] [--online] [--json]",
        .help =
            "say everything that is wrong with the configuration; --online: try its far ends too",
        .details =
            "All faults of tocsin.yaml, the rules and the plugins' options at once, each "
            "with its file, line and column. With --online the API's key and its permission, "
            "SMTP logins, TLS and connections are tried; nobody gets a message.",
        .options = check_options,
        .examples = {{"check -c tocsin.yaml", "before a reload"},
            {"check --online", "after a key or a password was changed"}},
        .run = cmd_check},
    {.name = "explain",
        .arguments =
            OPERATORS "[--enrich | --with OBJECT.json | --not-enriched] [--hook HOOK] EVENT.json | "
                      "ID | -",
        .help = "say who would hear of an event, and why",
        .details = "Of an event in a file or on standard input by today's rules; of one that was "
                   "accepted also what was decided then.",
        .options = explain_options,
        .operands = WORDS_FILE,
        .examples = {{"explain event.json --with alert.json", "with the alert beside it"},
            {"explain 3f9a1c-e17", "why was nobody told of that one?"}},
        .run = cmd_explain},
    {.name = "test",
        .arguments = "[-c FILE] [--json] [--junit FILE] [NAME-GLOB]",
        .help = "run the tests that stand in the rules files",
        .options = test_options,
        .examples = {{"test", "all of them"}, {"test \"urgent*\"", "those of that name"}},
        .run = cmd_test},
    {.name = "what-if",
        .arguments = "[-c FILE] [--json] --rules FILE... [--since WHEN] [--until WHEN] [--limit N]",
        .help = "say who would have heard more, less or otherwise by other rules",
        .options = what_if_options,
        .examples = {{"what-if --rules new.yaml --since 24h", "by the events of the last day"}},
        .run = cmd_what_if},
    {.name = "drill",
        .arguments = "[-c FILE] [--level info|low|medium|high|urgent] [--daemon | --admin "
                     "HOST:PORT] [--json] SINK... | --all",
        .help =
            "send a drill message, urgent unless said otherwise, and show what went out and came "
            "back",
        .options = drill_options,
        .operands = WORDS_SINK,
        .examples = {{"drill soc-teams", "one sink, by the files as they are now"},
            {"drill --all --level info", "all of them, and wake nobody"},
            {"drill --daemon soc-teams", "by the daemon's secrets and network"}},
        .run = cmd_drill},
    {.name = "status",
        .arguments = OPERATORS,
        .help = "say what is wrong and how it is mended, what waits and how each sink is",
        .details = "The worst first, on one screen. Exit status 1 when something is wrong, also "
                   "when no daemon runs.",
        .options = status_options,
        .examples = {{"status", "all is well?"}},
        .run = cmd_status},
    {.name = "dead",
        .arguments = OPERATORS "[--sink SINK] [--since WHEN] [--until WHEN] [--limit N]",
        .help = "list dead letters: what will not be sent by itself any more",
        .options = dead_options,
        .examples = {{"dead --sink soc-teams --since 2h", "what it refused lately, and why"}},
        .run = cmd_dead},
    {.name = "events",
        .arguments = OPERATORS
        "[--since WHEN] [--until WHEN] [--type TYPE] [--action ACTION] [--hook HOOK] [--sink SINK] "
        "[--rule RULE] [--state STATE] [--search WORDS] [--limit N] [--follow] | ID",
        .help = "list what was accepted, or tell the story of one event",
        .options = events_options,
        .examples = {{"events --since 1h", "the last hour's"},
            {"events 3f9a1c-e17", "its body, the rules' verdicts, each attempt"},
            {"events --state nobody --since 1d", "of what was nobody told?"},
            {"events --follow --type alert", "alerts as they come"}},
        .run = cmd_events},
    {.name = "inbox",
        .arguments =
            OPERATORS "[--reader NAME] [--sink SINK] [--unread] [--long] [--limit N] | read "
                      "[--reader NAME] ID... | --until ID",
        .help = "list what inbox sinks keep, or mark it as read",
        .options = inbox_options,
        .operands = "read",
        .examples = {{"inbox --unread --reader ada", "what she has not read"},
            {"inbox read --reader ada 3f9a1c-n4", "now she has"}},
        .run = cmd_inbox},
    {.name = "retry",
        .arguments =
            OPERATORS "[--to SINK] [--dry-run] ID... | [--sink SINK] [--since WHEN] [--until WHEN]",
        .help = "send dead letters again; --to: by another sink, also what waits",
        .options = retry_options,
        .examples = {{"retry --sink soc-teams --since 2h --dry-run", "what it would send"},
            {"retry 3f9a1c-d42", "that one"}},
        .run = cmd_retry},
    {.name = "skip",
        .arguments = OPERATORS
        "[--dry-run] --reason WORDS ID... | [--sink SINK] [--since WHEN] [--until WHEN]",
        .help = "end deliveries, dead or waiting, without sending them",
        .options = skip_options,
        .examples = {{"skip --reason \"a test, nobody waits for it\" 3f9a1c-d42", "that one"}},
        .run = cmd_skip},
    {.name = "replay",
        .arguments =
            OPERATORS "[--missing] [--dry-run] ID... | --since WHEN [--until WHEN] [--type "
                      "TYPE] [--hook HOOK]",
        .help = "route events again by today's rules; --missing: only to sinks that never had them",
        .options = replay_options,
        .examples = {{"replay --since 2h --missing", "after a rule was mended"}},
        .run = cmd_replay},
    {.name = "pause",
        .arguments = OPERATORS "[--for DURATION] [--reason WORDS] SINK",
        .help = "hold back what a sink is to send, over a restart too",
        .options = pause_options,
        .operands = WORDS_SINK,
        .examples = {{"pause soc-teams --for 2h --reason \"the channel moves\"",
            "what comes meanwhile waits"}},
        .run = cmd_pause},
    {.name = "resume",
        .arguments = OPERATORS "SINK",
        .help = "end a pause",
        .options = resume_options,
        .operands = WORDS_SINK,
        .examples = {{"resume soc-teams", "one delivery tries it, the others follow"}},
        .run = cmd_resume},
    {.name = "reload",
        .arguments = OPERATORS,
        .help = "have the daemon take over the configuration as its files are now",
        .options = reload_options,
        .examples = {{"reload", "with one fault in them nothing changes"}},
        .run = cmd_reload},
    {.name = "render",
        .arguments =
            "[--partials FOLDER] [--flavour plain|markdown|teams|mrkdwn|html|url] TEMPLATE "
            "DATA.json",
        .help = "print what a template makes of some JSON; - for one of the files: standard input",
        .options = render_options,
        .operands = WORDS_FILE,
        .examples = {{"render title.mustache alert.json --flavour html", "as a mail has it"}},
        .run = cmd_render},
    {.name = "schema",
        .arguments = "[-c FILE | --plugin-path FOLDER] [config|rules]",
        .help = "print the JSON schema of tocsin.yaml or rules.yaml, for editors",
        .options = schema_options,
        .operands = "config rules",
        .examples = {{"schema rules", "one of the two"}},
        .run = cmd_schema},
    {.name = "plugin",
        .arguments = "COMMAND ...",
        .help = "what concerns plugins",
        .examples = {{"plugin doc mattermost", "a plugin's options"}},
        .parts = plugin_commands},
    {.name = "help",
        .arguments = "[COMMAND] | --json",
        .help = "say what a command does and takes",
        .options = help_options,
        .examples = {{"help drill", "the same as tocsin drill --help"}},
        .run = cmd_help},
    {0},
};

const struct command inner_commands[] = {
    {.name = "sink-host", .arguments = "SINK FILE.so", .run = cmd_sink_host},
    {.name = "names", .arguments = "sinks|hooks|plugins [FILE]", .run = cmd_names},
    {0},
};

const struct command *command_find_part(const struct command *command, const char *word)
{
    for (const struct command *part = command->parts; part && part->name; part++)
        if (strcmp(part->name + strlen(command->name) + 1, word) == 0)
            return part;
    return NULL;
}

static const struct command *find_in(const struct command *table, const char *word)
{
    for (; table->name; table++)
        if (strcmp(table->name, word) == 0)
            return table;
    return NULL;
}

const struct command *command_find(int argc, char **argv, int *words)
{
    const struct command *command = argc > 0 ? find_in(commands, argv[0]) : NULL;

    if (!command && argc > 0)
        command = find_in(inner_commands, argv[0]);
    *words = command ? 1 : 0;
    const struct command *part = command && argc > 1 ? command_find_part(command, argv[1]) : NULL;
    *words += part != NULL;
    return part ? part : command;
}
