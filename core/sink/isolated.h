/* A plugin that runs in children (`isolation: process`), as the daemon sees it. Nothing of it is
 * loaded here: what it declares is asked of a child, and each worker of the sink talks to a child
 * of its own, which opens the plugin when the first attempt comes. One that dies, or does not
 * answer in time, costs that attempt; the next attempt starts it anew, so that restarts come no
 * faster than attempts: the sink's back-off and breaker hold for them. */
#ifndef TOCSIN_SINK_ISOLATED_H
#define TOCSIN_SINK_ISOLATED_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct plugin;
struct worker_ops;

/* As plugin_load(). The sink's name is for people who look at the processes. */
struct plugin *isolated_plugin_load(const char *name, char *const *folders, size_t folder_count,
    const char *sink, struct error *error);

/* The plugin's own check of its options. False with what it says against them, which is about an
 * option if it begins with its name; NULL: nothing. */
bool isolated_plugin_check(
    const struct plugin *plugin, void *config, const char *sink, struct error *error);

/* How the sink's threads work: for sink_start(). */
extern const struct worker_ops isolated_worker_ops;

#endif
