#include "sink/plugin.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/units.h"
#include "inbox/inbox.h"
#include "sink/plugin_folder.h"
#include "sink/plugin_image.h"
#include "sink/policy.h"

enum {
    interface_major = 1,
    interface_minor = 0,
    most_options = 256,
    most_config = 1 << 20,
};

/* What interface 1.0 has must be there for a major 1 plugin to be whole. */
static const uint32_t least_size = offsetof(struct tocsin_sink_plugin, close) + sizeof(void *);
static const uint32_t least_stride = offsetof(struct tocsin_option, help) + sizeof(void *);

static bool check_version(
    const struct tocsin_sink_plugin *found, const char *path, struct error *error)
{
    if (found->major != interface_major)
        return error_set(error, "%s: made for plugin interface %u, this tocsin has %d", path,
            found->major, interface_major);
    if (found->min_minor > interface_minor)
        return error_set(error, "%s: needs plugin interface %d.%u, this tocsin has %d.%d", path,
            interface_major, found->min_minor, interface_major, interface_minor);
    if (found->size < least_size)
        return error_set(error,
            "%s: its descriptor has %u bytes where interface 1.0 has %u: it was built against a "
            "damaged header",
            path, found->size, least_size);
    return true;
}

static bool check_functions(const struct plugin *plugin, struct error *error)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;

    if (!found->open)
        return error_set(error, "%s: has no open function", plugin->path);
    if (!found->render == !found->deliver)
        return error_set(error, "%s: must have exactly one of render and deliver, has %s",
            plugin->path, found->render ? "both" : "neither");
    if (found->judge && !found->render)
        return error_set(error, "%s: judge goes with render only", plugin->path);
    return true;
}

static bool check_words(const struct plugin *plugin, struct error *error)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;

    if (!found->name || !*found->name || !found->version || !found->help)
        return error_set(error, "%s: says no name, version or help", plugin->path);
    if (found->flavour > TOCSIN_HTML)
        return error_set(
            error, "%s: text flavour %u is unknown here", plugin->path, found->flavour);
    return true;
}

static bool check_rows(const struct plugin *plugin, struct error *error)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;

    if (found->option_count > most_options)
        return error_set(error, "%s: declares %u options, at most %d can be", plugin->path,
            found->option_count, most_options);
    if (found->config_size > most_config)
        return error_set(error, "%s: its config struct has %u bytes, at most %d can be",
            plugin->path, found->config_size, most_config);
    if (found->option_count && (!found->options || found->option_stride < least_stride))
        return error_set(error, "%s: its option table has no options, or rows of %u bytes",
            plugin->path, found->option_stride);
    return true;
}

/* The rows as this host knows them: those of an older header are narrower, those of a newer one
 * wider. */
static void copy_rows(struct plugin *plugin)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;
    struct tocsin_option *rows = mem_alloc(found->option_count * sizeof *rows);
    size_t known = found->option_stride < sizeof *rows ? found->option_stride : sizeof *rows;

    for (size_t i = 0; i < found->option_count; i++)
        memcpy(&rows[i], (const char *)found->options + i * found->option_stride, known);
    plugin->options = (struct option_table){rows, found->option_count, sizeof *rows};
}

static bool check_options(const struct plugin *plugin, struct error *error)
{
    const struct tocsin_sink_plugin *found = &plugin->descriptor;
    double rate;
    auto_free char *fault = options_fault(&plugin->options, found->config_size,
        policy_names(plugin_has_requests(plugin)), policy_name_count(plugin_has_requests(plugin)));
    if (fault)
        return error_set(error, "%s: %s", plugin->path, fault);
    if (found->rate && !rate_parse(found->rate, &rate))
        return error_set(
            error, "%s: its default rate \"%s\" is not one", plugin->path, found->rate);
    return true;
}

bool plugin_examine(const struct plugin *plugin, struct error *error)
{
    return check_words(plugin, error) && check_rows(plugin, error) && check_options(plugin, error);
}

static bool take_descriptor(struct plugin *plugin, const struct tocsin_sink_plugin *found,
    const char *path, struct error *error)
{
    plugin->path = NULL;
    if (!check_version(found, path, error))
        return false;
    size_t known =
        found->size < sizeof plugin->descriptor ? found->size : sizeof plugin->descriptor;
    memset(&plugin->descriptor, 0, sizeof plugin->descriptor);
    memcpy(&plugin->descriptor, found, known);
    plugin->path = text_copy(path);
    plugin->blocks = plugin->descriptor.deliver != NULL;
    plugin->judges = plugin->descriptor.judge != NULL;
    plugin->checks = plugin->descriptor.check != NULL;
    return true;
}

static bool check_declared(struct plugin *plugin, struct error *error)
{
    if (!check_functions(plugin, error) || !check_rows(plugin, error))
        return false;
    copy_rows(plugin);
    return plugin_examine(plugin, error);
}

bool plugin_accept(struct plugin *plugin, const struct tocsin_sink_plugin *found, const char *path,
    struct error *error)
{
    if (take_descriptor(plugin, found, path, error) && check_declared(plugin, error))
        return true;
    plugin_finish(plugin);
    return false;
}

/* The same of a file's: nothing that its descriptor points to is read before it is known to be
 * there. */
static bool accept_loaded(struct plugin *plugin, const struct tocsin_sink_plugin *found,
    const char *path, struct error *error)
{
    struct plugin_image image;

    plugin->path = NULL;
    if (plugin_image_check(found, path, &image, error) &&
        take_descriptor(plugin, found, path, error) &&
        plugin_image_check_texts(&image, &plugin->descriptor, path, error) &&
        check_declared(plugin, error))
        return true;
    plugin_finish(plugin);
    return false;
}

/* The file of a plugin that is configured by name: <folder>/<name>.so, or in a build tree
 * <folder>/<name>/<name>.so. */
static char *find_file(const char *name, char *const *folders, size_t folder_count)
{
    for (size_t i = 0; i < folder_count; i++) {
        auto_free char *flat = text_format("%s/%s.so", folders[i], name);
        auto_free char *nested = text_format("%s/%s/%s.so", folders[i], name, name);
        if (access(flat, F_OK) == 0)
            return TAKE(flat);
        if (access(nested, F_OK) == 0)
            return TAKE(nested);
    }
    return NULL;
}

/* The folders are looked into for people's eyes only: nothing that is found so is loaded. */
static void add_nearest(
    struct error *error, const char *name, char *const *folders, size_t folder_count)
{
    const char *built_in = PLUGIN_INBOX;
    size_t count;
    auto_free char **names = plugin_folders_list(folders, folder_count, &count);
    const char *near = nearest_word(name, (const char *const *)names, count);
    if (!near)
        near = nearest_word(name, &built_in, 1);
    auto_free char *so_far = text_copy(error_text(error));

    if (near)
        error_set(error, "%s; did you mean \"%s\"?", so_far, near);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
}

static void set_not_found(
    struct error *error, const char *name, char *const *folders, size_t folder_count)
{
    error_set(
        error, "no plugin \"%s\" in %s", name, folder_count ? folders[0] : "an empty plugin_path");
    for (size_t i = 1; i < folder_count; i++) {
        auto_free char *so_far = text_copy(error_text(error));
        error_set(error, "%s, %s", so_far, folders[i]);
    }
    add_nearest(error, name, folders, folder_count);
}

static struct plugin *load_inbox(struct error *error)
{
    struct plugin *plugin = mem_alloc(sizeof *plugin);

    plugin->is_inbox = true;
    if (plugin_accept(plugin, &inbox_plugin, "(built in)", error))
        return plugin;
    free(plugin);
    return NULL;
}

/* The loader begins with the path, mostly. */
static const char *after_path(const char *why, const char *path)
{
    size_t len = strlen(path);

    return strncmp(why, path, len) == 0 && strncmp(why + len, ": ", 2) == 0 ? why + len + 2 : why;
}

const struct tocsin_sink_plugin *plugin_open(const char *path, struct error *error)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (!object) {
        error_set(error, "cannot load plugin %s: %s", path, after_path(dlerror(), path));
        return NULL;
    }
    const struct tocsin_sink_plugin *found = dlsym(object, "tocsin_sink_plugin");
    if (!found)
        error_set(error, "%s is no sink plugin: it has no symbol tocsin_sink_plugin", path);
    return found;
}

char *plugin_find(const char *name, char *const *folders, size_t folder_count, struct error *error)
{
    char *path = strchr(name, '/') ? text_copy(name) : find_file(name, folders, folder_count);

    if (!path)
        set_not_found(error, name, folders, folder_count);
    return path;
}

struct plugin *plugin_load(
    const char *name, char *const *folders, size_t folder_count, struct error *error)
{
    if (strcmp(name, PLUGIN_INBOX) == 0)
        return load_inbox(error);
    auto_free char *path = plugin_find(name, folders, folder_count, error);

    if (!path)
        return NULL;
    const struct tocsin_sink_plugin *found = plugin_open(path, error);
    if (!found)
        return NULL;
    struct plugin *plugin = mem_alloc(sizeof *plugin);
    if (accept_loaded(plugin, found, path, error))
        return plugin;
    free(plugin);
    return NULL;
}

void plugin_finish(struct plugin *plugin)
{
    free((void *)(uintptr_t)plugin->options.options);
    free(plugin->path);
    free(plugin->description);
    plugin->options = (struct option_table){0};
    plugin->description = NULL;
    plugin->path = NULL;
}

bool plugin_is_same(const struct plugin *a, const struct plugin *b)
{
    return strcmp(a->path, b->path) == 0 && a->description_len == b->description_len &&
           (a->description_len == 0 ||
               memcmp(a->description, b->description, a->description_len) == 0);
}

void plugin_destroy(struct plugin *plugin)
{
    if (!plugin)
        return;
    plugin_finish(plugin);
    free(plugin);
}
