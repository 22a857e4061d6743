/* The plugins that `plugin: NAME` may name, and those that nobody can use, with the reason. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "event/line.h"
#include "sink/plugin.h"
#include "sink/plugin_folder.h"

enum {
    most_folders = 16,
};

/* What a plugin says, harmless to a terminal. The caller frees. */
static char *one_line(const char *text)
{
    struct buf line = {0};

    one_line_append(&line, text, strlen(text));
    return buf_take(&line);
}

static void print_plugin(const char *name, const struct plugin *plugin)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;
    auto_free char *version = one_line(found->version);
    auto_free char *help = one_line(found->help);

    const char *shape = plugin->is_inbox        ? "built in"
                        : plugin_blocks(plugin) ? "deliver"
                                                : "render";

    printf("%-16s %-8s %-8s %s\n", name, version, shape, help);
}

static bool list_one(const char *name, char *const *folders, size_t folder_count)
{
    auto_error struct error error = {0};
    struct plugin *plugin = plugin_load(name, folders, folder_count, &error);

    if (plugin) {
        print_plugin(name, plugin);
    } else {
        auto_free char *reason = one_line(error_text(&error));
        printf("%-16s cannot be used: %s\n", name, reason);
    }
    plugin_destroy(plugin);
    return plugin != NULL;
}

/* A folder that is not there holds no plugins, but whoever names it means another. */
static bool are_folders(char *const *folders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_close int fd = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            fprintf(stderr, "tocsin: no folder of plugins %s: %s\n", folders[i], strerror(errno));
            return false;
        }
    }
    return true;
}

static int list_all(char *const *folders, size_t folder_count)
{
    size_t count, failed = 0;
    auto_free char **names = plugin_folders_list(folders, folder_count, &count);

    list_one(PLUGIN_INBOX, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        failed += !list_one(names[i], folders, folder_count);
        free(names[i]);
    }
    if (count == 0)
        printf("and none in %s\n", folders[0]);
    return failed > 0 ? EXIT_NO : EXIT_FINE;
}

int cmd_plugin_list(const struct command *command, int argc, char **argv)
{
    const char *folders[most_folders] = {TOCSIN_PLUGIN_DIR};
    size_t count = 0;
    const struct argument options[] = {{"--plugin-path", folders, NULL, &count, most_folders}};

    if (arguments_read(command, argc, argv, options, 1, NULL, 0) < 0)
        return EXIT_USAGE;
    count += count == 0;
    if (!are_folders((char *const *)folders, count))
        return EXIT_UNDONE;
    return list_all((char *const *)folders, count);
}
