#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "config/options.h"
#include "sink/plugin.h"

static void print_option(const struct tocsin_option *option)
{
    printf("  %s (%s%s)", option->name, option_type_name(option->type),
        option->flags & TOCSIN_REQUIRED ? ", required" : "");
    if (option->fallback)
        printf(", default %s", *option->fallback ? option->fallback : "\"\"");
    if (option->choices)
        printf(", one of: %s", option->choices);
    printf("\n      %s\n", option->help);
}

static void print_doc(const struct plugin *plugin)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;

    printf("%s %s: %s\n%s\n\n", found->name, found->version, found->help, plugin->path);
    for (size_t i = 0; i < plugin->options.count; i++)
        print_option(option_at(&plugin->options, i));
}

int cmd_plugin_doc(const struct command *command, int argc, char **argv)
{
    const char *name, *folder = TOCSIN_PLUGIN_DIR;
    const struct argument options[] = {{"--plugin-path", &folder, NULL}};
    auto_error struct error error = {0};

    int count = arguments_read(command, argc, argv, options, 1, &name, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "say the name or the file of a plugin");
    char *folders[] = {(char *)folder};
    struct plugin *plugin = plugin_load(name, folders, 1, &error);
    if (!plugin) {
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
        return EXIT_UNDONE;
    }
    print_doc(plugin);
    plugin_destroy(plugin);
    return EXIT_FINE;
}
