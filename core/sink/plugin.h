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

/* The name of the one that is built in. */
#define PLUGIN_INBOX "inbox"

struct plugin {
    struct tocsin_sink_plugin descriptor; /* the host's copy; what the plugin lacks is zero */
    struct option_table options;          /* owned rows, as this host knows them */
    bool blocks, judges, checks;          /* it has deliver, judge, check */
    char *path;                           /* owned: the file it came from */
    bool is_inbox; /* built in: what it renders is kept in the ledger, and no request is made */
    /* It runs in children (sink/isolated.h), was never loaded here, and its descriptor has no
     * function. */
    bool is_isolated;
    char *description; /* owned: what a child said of it; texts and options point into it */
    size_t description_len;
};

/* The file of a plugin: name is one with a slash, or is looked for in the folders in order. The
 * caller frees it; NULL with a sentence that says where it is not. */
char *plugin_find(const char *name, char *const *folders, size_t folder_count, struct error *error);

/* Loads name from the folders in order, or, where name has a slash, that file; "inbox" is built in.
 * NULL with a sentence that names the file and what does not fit. */
struct plugin *plugin_load(
    const char *name, char *const *folders, size_t folder_count, struct error *error);

/* Loads a file, and returns the descriptor as it stands there, unread; NULL with the reason. */
const struct tocsin_sink_plugin *plugin_open(const char *path, struct error *error);

/* Frees the host's copy; the object stays mapped for the life of the process, since a thread or a
 * late call of it may be under way. */
void plugin_destroy(struct plugin *plugin);

/* Checks a descriptor and copies it into a zeroed struct, for plugin_finish() to free. Used by
 * plugin_load(), and by tests without a file. */
bool plugin_accept(struct plugin *plugin, const struct tocsin_sink_plugin *found, const char *path,
    struct error *error);
void plugin_finish(struct plugin *plugin);

/* Checks what a plugin says of itself in words and options. */
bool plugin_examine(const struct plugin *plugin, struct error *error);

/* Of the same file; and where children load that, it holds what it did when the other was asked. */
bool plugin_is_same(const struct plugin *a, const struct plugin *b);

static inline bool plugin_blocks(const struct plugin *plugin)
{
    return plugin->blocks;
}

/* tocsin makes HTTP requests for it. */
static inline bool plugin_has_requests(const struct plugin *plugin)
{
    return !plugin->blocks && !plugin->is_inbox;
}

#endif
