/* The table of `tocsin plugin`'s commands: each file plugin_<noun>.c has one. */
#include <stddef.h>

#include "cmd/command.h"

const struct command plugin_commands[] = {
    {"plugin new", "[--shape render|deliver] [--language c|c++] NAME [FOLDER]",
        "begin a plugin of your own: a project that builds, with its test", "plugin new pager",
        cmd_plugin_new, NULL},
    {"plugin list", "[--plugin-path FOLDER]...",
        "list the plugins that there are, and what is wrong with those that cannot be used",
        "plugin list", cmd_plugin_list, NULL},
    {"plugin doc", "[--plugin-path FOLDER] NAME|FILE.so", "print a plugin's options, as Markdown",
        "plugin doc mattermost", cmd_plugin_doc, NULL},
    {"plugin check", "FILE.so [--valgrind] [-o KEY=VALUE]... [--json]",
        "say whether a plugin is right: what it is, and what it does with all that can happen",
        "plugin check build/mine.so -o token=example", cmd_plugin_check, NULL},
    {"plugin render", "FILE.so [-o KEY=VALUE]... [--show-secrets] [--json] [EVENT.json | -]",
        "print the request that a render plugin makes for an event; for a sample without one",
        "plugin render build/mine.so -o url=https://example.org/in event.json", cmd_plugin_render,
        NULL},
    {"plugin probe", "FILE.so [KEY=VALUE]...", NULL, NULL, cmd_plugin_probe, NULL},
    {0},
};
