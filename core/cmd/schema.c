/* Prints the shape of the two files as JSON schema, for editors. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "sink/plugin_folder.h"
#include "config/config.h"
#include "config/problems.h"
#include "config/schema.h"
#include "config/shape.h"
#include "config/yaml.h"
#include "rule/schema.h"
#include "sink/plugin.h"
#include "sink/policy.h"

/* The shapes of the sinks while they are gathered. */
struct sinks {
    json_t *kinds;       /* what `plugin` may be */
    json_t *choices;     /* by plugin: its whole shape */
    json_t *definitions; /* those shapes */
    size_t path_count;   /* of those that have no name */
};

static json_t *shape_of_plugin(const struct plugin *plugin, const char *written)
{
    json_t *shape = shape_map();

    shape_set(shape, "plugin", json_pack("{s:s}", "const", written), true);
    shape_add_options(shape, &plugin->options);
    policy_shape(shape, plugin_has_requests(plugin) ? POLICY_REQUESTS : POLICY_OTHER);
    return shape_described(shape, plugin->descriptor.help);
}

/* A path is no part of a reference. */
static char *definition_of(struct sinks *sinks, const char *written)
{
    if (strchr(written, '/'))
        return text_format("sink-path-%zu", ++sinks->path_count);
    return text_format("sink-%s", written);
}

static void add_plugin(struct sinks *sinks, const struct plugin *plugin, const char *written)
{
    auto_free char *definition = definition_of(sinks, written);

    json_object_set_new(sinks->definitions, definition, shape_of_plugin(plugin, written));
    json_array_append_new(sinks->kinds,
        json_pack("{s:s, s:s}", "const", written, "description", plugin->descriptor.help));
    json_array_append_new(sinks->choices,
        json_pack("{s:{s:{s:{s:s}}, s:[s]}, s:o}", "if", "properties", "plugin", "const", written,
            "required", "plugin", "then", shape_reference(definition)));
}

/* What cannot be loaded is told, and left out. `written` is what stands in the configuration. */
static void load_plugin(struct sinks *sinks, const char *name, const char *written,
    char *const *folders, size_t folder_count)
{
    auto_error struct error error = {0};
    struct plugin *plugin = plugin_load(name, folders, folder_count, &error);

    if (plugin)
        add_plugin(sinks, plugin, written);
    else
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
    plugin_destroy(plugin);
}

static void add_found(struct sinks *sinks, char *const *folders, size_t folder_count)
{
    size_t count;
    auto_free char **names = plugin_folders_list(folders, folder_count, &count);

    for (size_t i = 0; i < count; i++) {
        load_plugin(sinks, names[i], names[i], folders, folder_count);
        free(names[i]);
    }
}

/* Plugins that a configuration names by their path; each path once. */
static void add_configured(struct sinks *sinks, const struct config *config)
{
    auto_json json_t *seen = json_object();

    for (size_t i = 0; config && i < config->sink_count; i++) {
        const struct config_sink *sink = &config->sinks[i];
        const struct yaml *written = yaml_get(sink->node, "plugin");
        if (!strchr(sink->plugin, '/') || written->written || json_object_get(seen, written->text))
            continue;
        json_object_set_new(seen, written->text, json_true());
        load_plugin(sinks, sink->plugin, written->text, NULL, 0);
    }
}

/* A plugin with a slash that is not known here may have any options, and so may one whose name is
 * replaced; where no plugin was found, every one. */
static json_t *shape_of_sink(struct sinks *sinks)
{
    bool is_any = json_array_size(sinks->kinds) == 0;

    json_array_append_new(sinks->kinds,
        json_pack("{s:s, s:s, s:s}", "type", "string", "pattern", is_any ? "." : "/|\\$\\{",
            "description", "a plugin's file, or a name that is replaced"));
    json_t *sink = json_pack("{s:s, s:[s], s:{s:{s:s, s:o}}}", "type", "object", "required",
        "plugin", "properties", "plugin", "description",
        "a plugin's name, or its path with a slash", "anyOf", sinks->kinds);
    if (!is_any)
        json_object_set(sink, "allOf", sinks->choices);
    json_decref(sinks->choices);
    return sink;
}

static json_t *schema_of_config(const struct config *config, char *const *folders, size_t count)
{
    struct sinks sinks = {json_array(), json_array(), json_object()};
    json_t *defaults = shape_described(shape_map(), "options for all sinks");

    add_found(&sinks, folders, count);
    add_configured(&sinks, config);
    if (json_array_size(sinks.kinds) > 0)
        load_plugin(&sinks, PLUGIN_INBOX, PLUGIN_INBOX, NULL, 0);
    policy_shape(defaults, POLICY_DEFAULTS);
    json_t *schema = config_schema(shape_of_sink(&sinks), defaults);
    json_object_update(json_object_get(schema, "$defs"), sinks.definitions);
    json_decref(sinks.definitions);
    return schema;
}

/* One schema for both files: what has a list of rules, which are no names of files, or what only
 * rules have, is rules. */
static json_t *schema_of_both(json_t *config, json_t *rules)
{
    json_t *definitions = json_incref(json_object_get(config, "$defs"));
    json_t *is_rules = json_pack(
        "{s:s, s:[{s:[s], s:{s:{s:s, s:{s:{s:s}}}}}, {s:[s]}, {s:[s]}, {s:[s]}]}", "type", "object",
        "anyOf", "required", "rules", "properties", "rules", "type", "array", "not", "contains",
        "type", "string", "required", "unmatched", "required", "partials", "required", "tests");

    json_object_update(definitions, json_object_get(rules, "$defs"));
    json_object_del(config, "$defs");
    json_object_del(config, "$schema");
    json_object_del(rules, "$defs");
    json_object_del(rules, "$schema");
    return shape_titled(json_pack("{s:o, s:o, s:o, s:o}", "if", is_rules, "then", rules, "else",
                            config, "$defs", definitions),
        "tocsin.yaml and rules.yaml");
}

static json_t *schema_of(
    const char *which, const struct config *config, char *const *folders, size_t folder_count)
{
    if (which && strcmp(which, "rules") == 0)
        return rules_schema();
    json_t *schema = schema_of_config(config, folders, folder_count);
    return which ? schema : schema_of_both(schema, rules_schema());
}

static int print_schema(const char *which, const struct config *config, const char *folder)
{
    char *folders[] = {(char *)(uintptr_t)folder};
    bool is_configured = config && config->plugin_path_count > 0;
    auto_json json_t *schema =
        is_configured ? schema_of(which, config, config->plugin_path, config->plugin_path_count)
                      : schema_of(which, config, folders, 1);

    json_dumpf(schema, stdout, JSON_INDENT(2));
    putchar('\n');
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_FINE;
    fprintf(stderr, "tocsin: write the schema: %s\n", strerror(errno));
    return EXIT_UNDONE;
}

/* With the plugins that a configuration finds; its faults are for `check` to tell. */
static int print_for_config(const char *which, const char *given)
{
    auto_problems struct problems problems = {0};
    struct config *config = config_load(arguments_config(given), TOCSIN_PLUGIN_DIR, &problems);

    if (given && !config) {
        auto_free char *why = problem_format(&problems.items[0]);
        fprintf(stderr, "tocsin: %s\n", why);
        return EXIT_UNDONE;
    }
    int status = print_schema(which, config, TOCSIN_PLUGIN_DIR);
    config_destroy(config);
    return status;
}

int cmd_schema(const struct command *command, int argc, char **argv)
{
    const char *given = NULL, *folder = NULL, *which = NULL;
    const struct argument options[] = {{"-c", &given, NULL}, {"--plugin-path", &folder, NULL}};

    if (arguments_read(command, argc, argv, options, 2, &which, 1) < 0)
        return EXIT_USAGE;
    if (which && strcmp(which, "config") != 0 && strcmp(which, "rules") != 0)
        return command_usage(
            command, "there is a schema of `config` and one of `rules`, not of %s", which);
    if (folder && given)
        return command_usage(command, "-c says where plugins are: leave --plugin-path out");
    return folder ? print_schema(which, NULL, folder) : print_for_config(which, given);
}
