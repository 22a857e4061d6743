#include "probe/describe.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/option_value.h"
#include "config/options.h"
#include "sink/plugin.h"
#include "sink/plugin_image.h"
#include "probe/board.h"

enum {
    longest_help = 400, /* bytes: one sentence */
};

/* Without the file's name in front. */
static const char *fault_of(const struct error *error, const char *file)
{
    const char *text = error_text(error);
    size_t len = strlen(file);

    return strncmp(text, file, len) == 0 && strncmp(text + len, ": ", 2) == 0 ? text + len + 2
                                                                              : text;
}

static const char *sentence_fault(const char *text)
{
    if (!*text)
        return "is empty";
    if (!utf8_is_valid(text, strlen(text)))
        return "is no UTF-8";
    auto_free char *line = text_copy(text);
    utf8_blank_controls(line);
    if (strcmp(line, text) != 0)
        return "has line breaks or control characters";
    return strlen(text) > longest_help ? "is longer than one sentence" : NULL;
}

static bool is_name(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

static void check_words(struct probe_board *board, const struct tocsin_sink_plugin *plugin)
{
    const char *help = sentence_fault(plugin->help), *version = sentence_fault(plugin->version);

    if (!is_name(plugin->name))
        probe_board_find(board, CHECK_DESCRIPTOR,
            "the name \"%.60s\" is none: names are lower-case letters, digits, - and _, and begin "
            "with a letter",
            plugin->name);
    if (help)
        probe_board_find(
            board, CHECK_DESCRIPTOR, "its help %s: say in one sentence what it does", help);
    if (version)
        probe_board_find(board, CHECK_DESCRIPTOR, "its version %s: say it, as \"1.0\"", version);
}

static void check_overlap(struct probe_board *board, const struct plugin *plugin, size_t index)
{
    const struct tocsin_option *option = option_at(&plugin->options, index);
    size_t end = option->offset + option_value_size(option->type);

    for (size_t i = 0; i < index; i++) {
        const struct tocsin_option *other = option_at(&plugin->options, i);
        size_t other_end = other->offset + option_value_size(other->type);
        if (option->offset < other_end && other->offset < end)
            probe_board_find(board, CHECK_OPTIONS,
                "options \"%s\" and \"%s\" share a member of the config struct: give each its own",
                other->name, option->name);
    }
}

static void check_option(struct probe_board *board, const struct plugin *plugin, size_t index)
{
    const struct tocsin_option *option = option_at(&plugin->options, index);
    const char *help = sentence_fault(option->help);

    if (help)
        probe_board_find(board, CHECK_OPTIONS,
            "the help of option \"%s\" %s: say in one sentence what it is for", option->name, help);
    check_overlap(board, plugin, index);
}

static json_t *describe_option(const struct tocsin_option *option)
{
    return json_pack("{s:s, s:s, s:b, s:b, s:s?, s:s?, s:s}", "name", option->name, "type",
        option_type_name(option->type), "required", (option->flags & TOCSIN_REQUIRED) != 0,
        "secret", option->type == TOCSIN_SECRET || option->flags & TOCSIN_HIDDEN, "default",
        option->fallback, "choices", option->choices, "help", option->help);
}

static json_t *describe_functions(const struct tocsin_sink_plugin *plugin)
{
    json_t *names = json_array();

    json_array_append_new(names, json_string("open"));
    json_array_append_new(names, json_string(plugin->render ? "render" : "deliver"));
    if (plugin->judge)
        json_array_append_new(names, json_string("judge"));
    if (plugin->check)
        json_array_append_new(names, json_string("check"));
    if (plugin->close)
        json_array_append_new(names, json_string("close"));
    return names;
}

static void write_about(struct probe_board *board, const struct plugin *plugin)
{
    static const char *const flavours[] = {"plain", "markdown", "teams", "mrkdwn", "html"};
    const struct tocsin_sink_plugin *found = &plugin->descriptor;
    json_t *options = json_array();

    for (size_t i = 0; i < plugin->options.count; i++)
        json_array_append_new(options, describe_option(option_at(&plugin->options, i)));
    auto_json json_t *about =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:s?, s:i, s:i, s:o, s:o}", "name",
            found->name, "version", found->version, "help", found->help, "interface_major",
            found->major, "interface_min_minor", found->min_minor, "shape",
            found->render ? "render" : "deliver", "flavour", flavours[found->flavour], "rate",
            found->rate, "concurrency", (int)found->concurrency, "max_text", (int)found->max_text,
            "functions", describe_functions(found), "options", options);
    auto_free char *text = json_dumps(about, JSON_COMPACT);

    if (text && strlen(text) < sizeof board->about)
        memcpy(board->about, text, strlen(text) + 1);
}

static void pass_all(struct probe_board *board, const struct plugin *plugin)
{
    probe_board_pass(board, CHECK_DESCRIPTOR, "interface %d.%d, %s", plugin->descriptor.major,
        plugin->descriptor.min_minor, plugin->descriptor.render ? "render" : "deliver");
    probe_board_pass(board, CHECK_OPTIONS, "%zu option%s, each documented", plugin->options.count,
        plugin->options.count == 1 ? "" : "s");
}

/* The host's own judgement of a descriptor without its options, so that what is wrong with these is
 * told apart. */
static bool is_descriptor_fine(
    struct probe_board *board, const struct tocsin_sink_plugin *found, const char *file)
{
    auto_error struct error error = {0};
    struct plugin_image image;
    struct tocsin_sink_plugin copy = {0};
    struct plugin bare = {0};

    bool is_whole = plugin_image_check(found, file, &image, &error);
    if (is_whole && board->object_size && found->size > board->object_size)
        is_whole = error_set(&error,
            "it says that it has %u bytes, and has %llu: let TOCSIN_SINK_V1 fill in size",
            found->size, (unsigned long long)board->object_size);
    if (is_whole) {
        memcpy(&copy, found, found->size < sizeof copy ? found->size : sizeof copy);
        copy.option_count = 0;
        copy.options = NULL;
        is_whole = plugin_image_check_texts(&image, &copy, file, &error);
    }
    if (is_whole) {
        copy.rate = NULL;
        is_whole = plugin_accept(&bare, &copy, file, &error);
    }
    plugin_finish(&bare);
    if (!is_whole)
        probe_board_find(board, CHECK_DESCRIPTOR, "%s", fault_of(&error, file));
    return is_whole;
}

struct plugin *probe_describe(
    struct probe_board *board, const struct tocsin_sink_plugin *found, const char *file)
{
    auto_error struct error error = {0};

    if (!is_descriptor_fine(board, found, file))
        return NULL;
    struct plugin *plugin = plugin_load(file, NULL, 0, &error);
    if (!plugin) {
        probe_board_pass(
            board, CHECK_DESCRIPTOR, "interface %d.%d", found->major, found->min_minor);
        probe_board_find(board, CHECK_OPTIONS, "%s", fault_of(&error, file));
        return NULL;
    }
    check_words(board, &plugin->descriptor);
    for (size_t i = 0; i < plugin->options.count; i++)
        check_option(board, plugin, i);
    write_about(board, plugin);
    pass_all(board, plugin);
    return plugin;
}
