#include "config/config.h"

#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config-private.h"
#include "config/expand.h"
#include "config/options.h"
#include "config/yaml.h"

enum {
    longest_name = 64,
};

struct top_options {
    const char *public_url;
    struct tocsin_list rules, plugin_path;
    struct tocsin_duration dedupe, drain;
};
struct ledger_options {
    const char *sqlite;
    struct tocsin_duration keep, keep_dead;
};
struct admin_options {
    const char *address;
    struct tocsin_secret token;
};
struct listen_options {
    const char *address;
};

static const struct tocsin_option top_table[] = {
    TOCSIN_OPTION(struct top_options, public_url, TOCSIN_URL, NULL,
        "how senders reach the hooks from outside"),
    TOCSIN_OPTION(struct top_options, rules, 0, "rules.yaml", "the rules files, or globs of them"),
    TOCSIN_OPTION(struct top_options, plugin_path, 0, NULL, "the folders of plugins"),
    TOCSIN_OPTION(struct top_options, dedupe, 0, "10m",
        "how long the same event, posted again, counts as one"),
    TOCSIN_OPTION(
        struct top_options, drain, 0, "20s", "how long a stop waits for what is under way"),
};
static const struct tocsin_option ledger_table[] = {
    TOCSIN_OPTION(struct ledger_options, sqlite, TOCSIN_PATH, "/var/lib/tocsin/ledger.db",
        "the file of the ledger"),
    TOCSIN_OPTION(struct ledger_options, keep, 0, "7d", "how long finished records are kept"),
    TOCSIN_OPTION(struct ledger_options, keep_dead, 0, "30d", "how long dead letters are kept"),
};
static const struct tocsin_option admin_table[] = {
    TOCSIN_OPTION(struct admin_options, address, TOCSIN_REQUIRED, NULL, "where to listen"),
    TOCSIN_OPTION(struct admin_options, token, 0, NULL, "what requests must carry"),
};
static const struct tocsin_option listen_table[] = {
    TOCSIN_OPTION(struct listen_options, address, TOCSIN_REQUIRED, NULL, "where to listen"),
};

/* What the top level holds besides top_table. */
static const char *const top_blocks[] = {"listen", "admin", "ledger", "sekoia", "hooks", "enrich",
    "sink_defaults", "sinks", "watch", "alarms", NULL};
static const char *const later_top[] = {"watch", "alarms", NULL};
static const char *const later_ledger[] = {"max_size", NULL};
static const char *const later_listen[] = {"tls", "trusted_proxies", NULL};

void config_refuse_later(const struct yaml *map, const char *subject, const char *const *later,
    struct problems *problems)
{
    for (; *later; later++) {
        const struct yaml *value = yaml_get(map, *later);
        if (value)
            problem_add(
                problems, value->place, "%s: \"%s\" is not in this version yet", subject, *later);
    }
}

/* ---- the top level ---- */

/* `x-*` keys are a place for anchors: they are taken out before anybody reads the map. */
static void drop_x_keys(struct yaml *map)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++) {
        if (strncmp(map->entries[i].key->text, "x-", 2) != 0) {
            map->entries[kept++] = map->entries[i];
            continue;
        }
        yaml_destroy(map->entries[i].key);
        yaml_destroy(map->entries[i].value);
    }
    map->count = kept;
}

static char *absolute(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (*path == '/' || !slash)
        return text_copy(path);
    return text_format("%.*s/%s", (int)(slash - file), file, path);
}

static void add_rules_file(struct config *config, const char *path)
{
    config->rules = mem_resize(config->rules, (config->rules_count + 1) * sizeof(char *));
    config->rules[config->rules_count++] = text_copy(path);
}

/* A glob brings its files sorted by name; a plain path is taken as it is, and reported by whoever
 * reads it if it is not there. */
static void add_rules(
    struct config *config, const char *written, struct place place, struct problems *problems)
{
    auto_free char *path = absolute(config->file, written);
    glob_t found = {0};

    if (!strpbrk(written, "*?[")) {
        add_rules_file(config, path);
        return;
    }
    if (glob(path, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_rules_file(config, found.gl_pathv[i]);
    else
        problem_add(problems, place, "no rules file matches \"%s\"", written);
    globfree(&found);
}

static void take_folders(
    struct config *config, const struct tocsin_list *folders, const char *default_folder)
{
    size_t count = folders->count ? folders->count : 1;

    config->plugin_path = mem_alloc(count * sizeof(char *));
    config->plugin_path_count = count;
    if (!folders->count)
        config->plugin_path[0] = text_copy(default_folder);
    for (size_t i = 0; i < folders->count; i++)
        config->plugin_path[i] = absolute(config->file, folders->items[i]);
}

static void take_public_url(struct config *config, const char *url)
{
    size_t len = url ? strlen(url) : 0;

    while (len && url[len - 1] == '/')
        len--;
    config->public_url = len ? text_copy_n(url, len) : NULL;
}

static void read_top(
    struct config *config, const char *default_plugin_path, struct problems *problems)
{
    const struct option_table table = OPTION_TABLE(top_table);
    const struct yaml *rules = yaml_get(config->document, "rules");
    const struct option_context context = {
        .problems = problems, .subject = "tocsin.yaml", .also = top_blocks};
    struct top_options options = {0};

    config_refuse_later(config->document, "tocsin.yaml", later_top, problems);
    if (options_read(&table, config->document, &options, &context)) {
        take_public_url(config, options.public_url);
        take_folders(config, &options.plugin_path, default_plugin_path);
        config->dedupe_ms = options.dedupe.ms;
        config->drain_ms = options.drain.ms;
        for (size_t i = 0; i < options.rules.count; i++)
            add_rules(config, options.rules.items[i],
                rules ? rules->place : config->document->place, problems);
    }
    options_finish(&table, &options);
}

static void read_ledger(struct config *config, struct problems *problems)
{
    static const struct yaml nothing = {.kind = YAML_NULL};
    const struct option_table table = OPTION_TABLE(ledger_table);
    const struct yaml *ledger = yaml_get(config->document, "ledger");
    const struct option_context context = {
        .problems = problems, .subject = "ledger", .also = later_ledger};
    struct ledger_options options = {0};

    config_refuse_later(ledger, "ledger", later_ledger, problems);
    if (options_read(&table, ledger ? ledger : &nothing, &options, &context)) {
        config->ledger_path = text_copy(options.sqlite);
        config->keep_ms = options.keep.ms;
        config->keep_dead_ms = options.keep_dead.ms;
        if (config->dedupe_ms > config->keep_ms)
            problem_add(problems, ledger ? ledger->place : config->document->place,
                "\"dedupe\" may not be longer than ledger's \"keep\": the originals would be gone");
    }
    options_finish(&table, &options);
}

/* ---- the listeners ---- */

static void read_listen(struct config *config, struct problems *problems)
{
    const struct option_table table = OPTION_TABLE(listen_table);
    const struct yaml *listen = yaml_get(config->document, "listen");
    const struct option_context context = {
        .problems = problems, .subject = "listen", .also = later_listen};
    struct listen_options options = {0};

    if (!listen) {
        config->listen = (struct config_address){text_copy("127.0.0.1"), 8080, true};
        return;
    }
    config_refuse_later(listen, "listen", later_listen, problems);
    if (listen->kind != YAML_MAP || options_read(&table, listen, &options, &context))
        config_read_address(&config->listen, listen, "listen", problems);
    options_finish(&table, &options);
}

static void read_admin(struct config *config, struct problems *problems)
{
    const struct option_table table = OPTION_TABLE(admin_table);
    const struct yaml *admin = yaml_get(config->document, "admin");
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = "admin"};
    struct admin_options options = {0};

    if (!admin) {
        config->admin = (struct config_address){text_copy("127.0.0.1"), 8081, true};
        return;
    }
    if (admin->kind != YAML_MAP || options_read(&table, admin, &options, &context)) {
        config->admin_token.hidden = text_copy(options.token.value);
        config_read_address(&config->admin, admin, "admin", problems);
        if (config->admin.host && !config->admin.is_loopback && !options.token.value)
            problem_add(problems, admin->place,
                "admin: off loopback a token is needed: {address: ..., token: \"${ADMIN_TOKEN}\"}");
    }
    options_finish(&table, &options);
}

/* ---- the sinks ---- */

static bool is_sink_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= longest_name &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static void read_sink(
    struct config *config, const struct yaml_entry *entry, struct problems *problems)
{
    const char *name = entry->key->text;
    const struct yaml *plugin = yaml_get(entry->value, "plugin");

    if (!is_sink_name(name))
        problem_add(problems, entry->key->place,
            "a sink's name must be 1 to %d small letters, digits and . _ -, not \"%s\"",
            longest_name, name);
    else if (entry->value->kind != YAML_MAP)
        problem_add(problems, entry->value->place, "sink %s must be a map with a plugin, not %s",
            name, yaml_describe(entry->value));
    else if (!plugin || plugin->kind != YAML_SCALAR || !*plugin->text)
        problem_add(problems, plugin ? plugin->place : entry->value->place,
            "sink %s: \"plugin\" is required: teams, mattermost, email, syslog, or a path", name);
    else
        config->sinks[config->sink_count++] = (struct config_sink){
            .name = text_copy(name),
            .plugin = strchr(plugin->text, '/') ? absolute(config->file, plugin->text)
                                                : text_copy(plugin->text),
            .node = entry->value,
            .place = entry->key->place,
        };
}

static void read_sinks(struct config *config, struct problems *problems)
{
    const struct yaml *sinks = yaml_get(config->document, "sinks");
    const struct yaml *defaults = yaml_get(config->document, "sink_defaults");

    if (defaults && defaults->kind == YAML_MAP)
        config->sink_defaults = defaults;
    else if (defaults && defaults->kind != YAML_NULL)
        problem_add(problems, defaults->place, "\"sink_defaults\" must be a map, not %s",
            yaml_describe(defaults));
    if (!sinks || sinks->kind != YAML_MAP || sinks->count == 0) {
        problem_add(problems, sinks ? sinks->place : config->document->place,
            "\"sinks\" must be a map of names to sinks: there is nobody to tell");
        return;
    }
    config->sinks = mem_alloc(sinks->count * sizeof *config->sinks);
    for (size_t i = 0; i < sinks->count; i++)
        read_sink(config, &sinks->entries[i], problems);
}

/* ---- the whole ---- */

static const char *look_up_environment(const char *name)
{
    return getenv(name);
}

static char *absolute_name(const char *file)
{
    char *resolved = realpath(file, NULL);

    return resolved ? resolved : text_copy(file);
}

static void read_document(
    struct config *config, const char *default_plugin_path, struct problems *problems)
{
    const struct yaml *sekoia = yaml_get(config->document, "sekoia");

    drop_x_keys(config->document);
    expand_values(config->document, look_up_environment, problems);
    read_top(config, default_plugin_path, problems);
    read_ledger(config, problems);
    read_listen(config, problems);
    read_admin(config, problems);
    config_read_hooks(config, yaml_get(config->document, "hooks"), problems);
    config_read_sekoia(config, sekoia, problems);
    config_read_lookups(config, sekoia, yaml_get(config->document, "enrich"), problems);
    read_sinks(config, problems);
}

struct config *config_load(
    const char *file, const char *default_plugin_path, struct problems *problems)
{
    struct config *config = mem_alloc(sizeof *config);

    config->file = absolute_name(file);
    config->secrets = secrets_create();
    config->document = yaml_load_file(config->file, problems);
    if (config->document && config->document->kind == YAML_MAP) {
        read_document(config, default_plugin_path, problems);
        return config;
    }
    if (config->document)
        problem_add(problems, config->document->place, "tocsin.yaml must be a map, not %s",
            yaml_describe(config->document));
    config_destroy(config);
    return NULL;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free((void *)texts);
}

static void free_hooks(struct config *config)
{
    for (size_t i = 0; i < config->hook_count; i++) {
        free(config->hooks[i].name);
        free(config->hooks[i].path);
    }
    free(config->hooks);
}

static void free_lookups(struct config *config)
{
    for (size_t i = 0; i < config->lookup_count; i++) {
        struct config_lookup *lookup = &config->lookups[i];
        free(lookup->type);
        free(lookup->as);
        free(lookup->get);
        free(lookup->pick);
        secret_finish(&lookup->bearer);
    }
    free(config->lookups);
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->sink_count; i++) {
        free(config->sinks[i].name);
        free(config->sinks[i].plugin);
    }
    free(config->sinks);
    free_hooks(config);
    free_lookups(config);
    free_texts(config->rules, config->rules_count);
    free_texts(config->plugin_path, config->plugin_path_count);
    secret_finish(&config->admin_token);
    secret_finish(&config->api_key);
    free(config->listen.host);
    free(config->admin.host);
    free(config->public_url);
    free(config->ledger_path);
    free(config->api_url);
    free(config->app_url);
    secrets_destroy(config->secrets);
    yaml_destroy(config->document);
    free(config->file);
    free(config);
}
