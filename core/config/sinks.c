/* `sinks`: names and plugins. The rest of each is its plugin's to read. */
#include "config/config-private.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/filename.h"
#include "config/options.h"
#include "config/yaml.h"

struct sink_options {
    const char *plugin;
};

static const struct tocsin_option plugin_option =
    TOCSIN_OPTION(struct sink_options, plugin, TOCSIN_REQUIRED, NULL, "a plugin's name or path");

static bool is_plugin_name(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    return isalnum((unsigned char)name[0]) && name[len] == '\0';
}

/* A slash means a path. */
static char *plugin_name(
    const char *plugin, const struct yaml *node, const char *subject, struct problems *problems)
{
    if (strchr(plugin, '/'))
        return filename_absolute(plugin, node->place.file);
    if (!is_plugin_name(plugin)) {
        auto_free char *shown = yaml_show(node);
        problem_add(problems, node->place,
            "%s: \"plugin\" must be a name such as teams, or a path with a slash, not %s", subject,
            shown);
    }
    return text_copy(plugin);
}

static void add_sink(struct config *config, const struct yaml_entry *entry, char *plugin)
{
    config->sinks[config->sink_count++] = (struct config_sink){
        .name = text_copy(entry->key->text),
        .plugin = plugin,
        .node = entry->value,
        .place = entry->key->place,
    };
}

static void sink_read(
    struct config *config, const struct yaml_entry *entry, struct problems *problems)
{
    auto_free char *subject = text_format("sink %s", entry->key->text);
    const struct option_context context = {.problems = problems, .subject = subject};
    const struct yaml *map = entry->value;
    struct sink_options options = {0};

    if (map->is_faulty)
        return;
    if (map->kind != YAML_MAP) {
        problem_add(problems, map->place, "%s: must be a map of options, not %s", subject,
            yaml_describe(map));
        return;
    }
    if (!option_read(&plugin_option, map, &options, &context))
        return;
    add_sink(
        config, entry, plugin_name(options.plugin, yaml_get(map, "plugin"), subject, problems));
    options_finish(&(struct option_table){&plugin_option, 1, sizeof plugin_option}, &options);
}

void sinks_read(struct config *config, struct problems *problems)
{
    const struct yaml *map = yaml_get(config->document, "sinks");

    if (!is_map_of_names(map, "sinks", problems))
        return;
    config->sinks = mem_alloc((map->count + 1) * sizeof *config->sinks);
    for (size_t i = 0; i < map->count; i++)
        if (check_name(map->entries[i].key, "sink", problems))
            sink_read(config, &map->entries[i], problems);
}

/* A key that is likely meant to be the block's: that it is none is told already. */
static bool is_misspelt(const struct yaml_entry *entry, const char *block)
{
    return entry->value->kind == YAML_MAP && nearest_word(entry->key->text, &block, 1) != NULL;
}

static const struct yaml *names_in(const struct config *config, const char *block)
{
    static const struct yaml nothing = {.kind = YAML_MAP};
    const struct yaml *document = config->document;
    const struct yaml *map = yaml_get(document, block);

    for (size_t i = 0; !map && i < document->count; i++)
        if (is_misspelt(&document->entries[i], block))
            map = document->entries[i].value;
    if (!map || (map->kind == YAML_NULL && !map->is_faulty))
        return &nothing;
    return map->kind == YAML_MAP ? map : NULL;
}

const struct yaml *config_sink_names(const struct config *config)
{
    return names_in(config, "sinks");
}

const struct yaml *config_hook_names(const struct config *config)
{
    return names_in(config, "hooks");
}

static const char *nearest_sink(const struct yaml *map, const char *name)
{
    auto_free const char **names = mem_alloc((map->count + 1) * sizeof *names);

    for (size_t i = 0; i < map->count; i++)
        names[i] = map->entries[i].key->text;
    return nearest_word(name, names, map->count);
}

bool sink_name_check(const struct config *config, const char *name, const struct yaml *node,
    const char *subject, struct problems *problems)
{
    const struct yaml *map = config_sink_names(config);

    if (!map || yaml_get(map, name))
        return true;
    const char *nearest = nearest_sink(map, name);
    if (nearest)
        problem_add(problems, node->place, "%s: unknown sink \"%s\"; did you mean \"%s\"?", subject,
            name, nearest);
    else
        problem_add(problems, node->place, "%s: unknown sink \"%s\"", subject, name);
    return false;
}

static const struct yaml *nth_name(const struct yaml *list, size_t position)
{
    return list->kind == YAML_LIST && position < list->count ? list->items[position] : list;
}

static bool hears_alarms(const struct config *config, const char *sink)
{
    for (size_t i = 0; i < config->alarm_count; i++)
        if (strcmp(config->alarms[i], sink) == 0)
            return true;
    return false;
}

void alarms_set(struct config *config, const struct tocsin_list *names, struct problems *problems)
{
    const struct yaml *list = yaml_get(config->document, "alarms");

    config->alarms = mem_alloc((names->count + 1) * sizeof *config->alarms);
    for (size_t i = 0; i < names->count; i++) {
        if (!sink_name_check(config, names->items[i], nth_name(list, i), "alarms", problems))
            continue;
        if (hears_alarms(config, names->items[i]))
            problem_warn(problems, nth_name(list, i)->place, "alarms: \"%s\" is named twice",
                names->items[i]);
        else
            config->alarms[config->alarm_count++] = text_copy(names->items[i]);
    }
}
