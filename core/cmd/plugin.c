/* The table of `tocsin plugin`'s commands: each file plugin_<noun>.c has one. */
#include <stddef.h>

#include "cmd/command.h"

static const struct command_option new_options[] = {
    {"--shape", "SHAPE", "render deliver",
        "render: tocsin makes the request; deliver: it talks itself"},
    {"--language", "LANGUAGE", "c c++", "what it is written in; c"}, {0}};
static const struct command_option list_options[] = {
    {"--plugin-path", "FOLDER", WORDS_FOLDER, "look there; may be given several times"}, {0}};
static const struct command_option doc_options[] = {
    {"--plugin-path", "FOLDER", WORDS_FOLDER, "look there"}, {0}};
#define O_OPTION                                                                                   \
    {                                                                                              \
        "-o", "KEY=VALUE", NULL, "an option of the plugin; may be given several times"             \
    }
static const struct command_option check_options[] = {
    {"--valgrind", NULL, NULL, "under valgrind: memory errors and leaks too"}, O_OPTION,
    {"--json", NULL, NULL, "print JSON for programs"}, {0}};
static const struct command_option render_options[] = {O_OPTION,
    {"--show-secrets", NULL, NULL, "print the request as it would go out"},
    {"--json", NULL, NULL, "print JSON for programs"}, {0}};

const struct command plugin_commands[] = {
    {.name = "plugin new",
        .arguments = "[--shape render|deliver] [--language c|c++] NAME [FOLDER]",
        .help = "begin a plugin of your own: a project that builds, with its test",
        .options = new_options,
        .examples = {{"plugin new pager", "in the folder pager"}},
        .run = cmd_plugin_new},
    {.name = "plugin list",
        .arguments = "[--plugin-path FOLDER]...",
        .help = "list the plugins that there are, and what is wrong with those that cannot be used",
        .options = list_options,
        .examples = {{"plugin list", "those that are installed"}},
        .run = cmd_plugin_list},
    {.name = "plugin doc",
        .arguments = "[--plugin-path FOLDER] NAME|FILE.so",
        .help = "print a plugin's options, as Markdown",
        .options = doc_options,
        .operands = WORDS_PLUGIN,
        .examples = {{"plugin doc mattermost", "what may stand below plugin: mattermost"}},
        .run = cmd_plugin_doc},
    {.name = "plugin check",
        .arguments = "FILE.so [--valgrind] [-o KEY=VALUE]... [--json]",
        .help = "say whether a plugin is right: what it is, and what it does with all that can "
                "happen",
        .options = check_options,
        .operands = WORDS_FILE,
        .examples = {{"plugin check build/mine.so -o token=example", "before it is used"}},
        .run = cmd_plugin_check},
    {.name = "plugin render",
        .arguments = "FILE.so [-o KEY=VALUE]... [--show-secrets] [--json] [EVENT.json | -]",
        .help = "print the request that a render plugin makes for an event; for a sample without "
                "one",
        .options = render_options,
        .operands = WORDS_FILE,
        .examples = {{"plugin render build/mine.so -o url=https://example.org/in event.json",
            "nothing is sent"}},
        .run = cmd_plugin_render},
    {.name = "plugin probe", .arguments = "FILE.so [KEY=VALUE]...", .run = cmd_plugin_probe},
    {0},
};
