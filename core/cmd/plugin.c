/* The table of `tocsin plugin`'s commands: each file plugin_<noun>.c has one. */
#include <stddef.h>

#include "cmd/command.h"

const struct command plugin_commands[] = {
    {"plugin doc", "[--plugin-path FOLDER] NAME|FILE.so", "print a plugin's options",
        "plugin doc mattermost", cmd_plugin_doc, NULL},
    {0},
};
