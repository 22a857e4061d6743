/* A loaded plugin: a shared object that implements include/tocsin/sink.h. Loaded by configured name
 * or path, never by scanning, and never unloaded. What it declares can be read without running any
 * of its code. */
#ifndef TOCSIN_SINK_PLUGIN_H
#define TOCSIN_SINK_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

#include "config/options.h"

struct error;

struct plugin {
    struct tocsin_sink_plugin descriptor; /* the host's copy; what the plugin lacks is zero */
    struct option_table options;
    char *path; /* owned: the file it came from */
};

/* Loads name from the folders in order, or, where name has a slash, that file. NULL with a sentence
 * that names the file and what does not fit. */
struct plugin *plugin_load(
    const char *name, char *const *folders, size_t folder_count, struct error *error);

/* Frees the host's copy; the object stays mapped for the life of the process, since a thread or a
 * late call of it may be under way. */
void plugin_destroy(struct plugin *plugin);

/* Checks a descriptor and copies it. Used by plugin_load(), and by tests without a file. */
bool plugin_accept(struct plugin *plugin, const struct tocsin_sink_plugin *found, const char *path,
    struct error *error);

static inline bool plugin_blocks(const struct plugin *plugin)
{
    return plugin->descriptor.deliver != NULL;
}

#endif
