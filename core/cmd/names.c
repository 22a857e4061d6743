/* Names that a shell completes: of the sinks and hooks of a configuration, whatever else is wrong
 * with it, and of the plugins that it may name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "config/config.h"
#include "config/problems.h"
#include "sink/plugin_folder.h"

static void print_plugins(const struct config *config)
{
    static const char *const usual[] = {TOCSIN_PLUGIN_DIR};
    size_t count = 0;
    char **names = plugin_folders_list(config ? config->plugin_path : (char *const *)usual,
        config ? config->plugin_path_count : 1, &count);

    for (size_t i = 0; i < count; i++) {
        puts(names[i]);
        free(names[i]);
    }
    free(names);
}

int cmd_names(const struct command *command, int argc, char **argv)
{
    auto_problems struct problems problems = {0};

    if (argc < 1 || argc > 2)
        return command_usage(command, "say which names");
    struct config *config =
        config_load(arguments_config(argc == 2 ? argv[1] : NULL), TOCSIN_PLUGIN_DIR, &problems);
    if (strcmp(argv[0], "plugins") == 0)
        print_plugins(config);
    for (size_t i = 0; config && strcmp(argv[0], "sinks") == 0 && i < config->sink_count; i++)
        puts(config->sinks[i].name);
    for (size_t i = 0; config && strcmp(argv[0], "hooks") == 0 && i < config->hook_count; i++)
        puts(config->hooks[i].name);
    config_destroy(config);
    return EXIT_FINE;
}
