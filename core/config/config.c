#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config-private.h"
#include "config/expand.h"
#include "config/filename.h"
#include "config/locator.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

enum {
    longest_name = 64,
};

static const uint64_t smallest_ledger = UINT64_C(1) << 20, largest_ledger = UINT64_C(1000) << 30;

/* The settings that are no block. */
struct settings {
    const char *public_url;
    struct tocsin_list rules, plugin_path, alarms;
    struct tocsin_duration dedupe, drain;
    bool watch;
};

static const struct tocsin_option settings_options[] = {
    TOCSIN_OPTION(
        struct settings, public_url, TOCSIN_URL, NULL, "how senders reach the hooks from outside"),
    TOCSIN_OPTION(struct settings, rules, TOCSIN_REQUIRED, "rules.yaml", "the rules files"),
    TOCSIN_OPTION(struct settings, plugin_path, TOCSIN_PATH, NULL, "where plugins are looked for"),
    TOCSIN_OPTION(struct settings, alarms, 0, NULL, "sinks that hear of tocsin's own troubles"),
    TOCSIN_OPTION(struct settings, dedupe, 0, "10m", "how long a repeated event is recognised"),
    TOCSIN_OPTION(struct settings, drain, 0, "20s", "how long a stop waits for what is under way"),
    TOCSIN_OPTION(
        struct settings, watch, 0, "false", "reload when a file of the configuration changes"),
};

struct ledger {
    const char *sqlite;
    struct tocsin_duration keep, keep_dead;
    struct tocsin_size max_size;
};

static const struct tocsin_option ledger_options[] = {
    TOCSIN_OPTION(struct ledger, sqlite, TOCSIN_REQUIRED | TOCSIN_PATH, "/var/lib/tocsin/ledger.db",
        "the file of the ledger"),
    TOCSIN_OPTION(struct ledger, keep, 0, "7d", "how long finished records are kept"),
    TOCSIN_OPTION(struct ledger, keep_dead, 0, "30d", "how long dead letters are kept"),
    TOCSIN_OPTION(struct ledger, max_size, 0, NULL, "how large the ledger may become"),
};

void settings_shape(json_t *document)
{
    json_t *ledger = shape_map();

    shape_add_options(document, &OPTION_TABLE(settings_options));
    shape_narrow(document, "public_url", "^$|" SHAPE_HTTP);
    shape_add_options(ledger, &OPTION_TABLE(ledger_options));
    shape_described(ledger, "where events are kept, and how long");
    shape_set(document, "ledger", shape_or_nothing(ledger), false);
}

bool is_map_of_names(const struct yaml *node, const char *key, struct problems *problems)
{
    if (!node || node->kind == YAML_NULL || node->is_faulty)
        return false;
    if (node->kind != YAML_MAP)
        problem_add(problems, node->place, "\"%s\" must be a map of names, not %s", key,
            yaml_describe(node));
    return node->kind == YAML_MAP;
}

bool check_name(const struct yaml *key, const char *what, struct problems *problems)
{
    size_t len = strlen(key->text);

    if (len > 0 && len <= longest_name &&
        strspn(key->text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len)
        return true;
    auto_free char *shown = yaml_show(key);
    problem_add(
        problems, key->place, "a %s's name is 1 to 64 of a-z 0-9 . _ -, not %s", what, shown);
    return false;
}

/* Keys that begin with x- are a place for anchors; aliases brought copies of them already. */
static void drop_extensions(struct yaml *document)
{
    size_t kept = 0;

    for (size_t i = 0; i < document->count; i++) {
        struct yaml_entry entry = document->entries[i];
        if (strncmp(entry.key->text, "x-", 2) == 0) {
            yaml_destroy(entry.key);
            yaml_destroy(entry.value);
        } else {
            document->entries[kept++] = entry;
        }
    }
    document->count = kept;
}

char *base_url(
    const char *text, const struct yaml *node, const char *what, struct problems *problems)
{
    struct locator locator;
    size_t len = strlen(text);

    if (locator_split(text, &locator))
        return text_copy(text);
    if (!locator_has_scheme(&locator, "http") && !locator_has_scheme(&locator, "https"))
        problem_add(problems, node->place, "%s must begin with http:// or https://", what);
    else if (strpbrk(locator.path, "?#"))
        problem_add(problems, node->place, "%s may not hold ? or #", what);
    while (len > 0 && text[len - 1] == '/')
        len--;
    return text_copy_n(text, len);
}

static void set_public_url(struct config *config, const char *text, struct problems *problems)
{
    const struct yaml *node = yaml_get(config->document, "public_url");

    if (text)
        config->public_url = base_url(text, node, "\"public_url\"", problems);
}

static void set_plugin_path(
    struct config *config, const struct tocsin_list *written, const char *default_path)
{
    size_t count = written->count > 0 ? written->count : 1;

    config->plugin_path = mem_alloc(count * sizeof *config->plugin_path);
    config->plugin_path_count = count;
    config->plugin_path[0] = text_copy(default_path);
    for (size_t i = 0; i < written->count; i++) {
        free(config->plugin_path[i]);
        config->plugin_path[i] = text_copy(written->items[i]);
    }
}

static void settings_read(
    struct config *config, const char *default_plugin_path, struct problems *problems)
{
    static const char *const blocks[] = {"listen", "admin", "ledger", "log", "sekoia", "hooks",
        "enrich", "sinks", "sink_defaults", NULL};
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .also = blocks};
    const struct option_table table = OPTION_TABLE(settings_options);
    struct settings settings = {0};

    options_read(&table, config->document, &settings, &context);
    config->dedupe_ms = settings.dedupe.ms;
    config->drain_ms = settings.drain.ms;
    config->watch = settings.watch;
    set_public_url(config, settings.public_url, problems);
    set_plugin_path(config, &settings.plugin_path, default_plugin_path);
    rule_files_find(config, &settings.rules, yaml_get(config->document, "rules"), problems);
    alarms_set(config, &settings.alarms, problems);
    options_finish(&table, &settings);
}

/* A record that is pruned while repeats of its event may still come would let them in again. */
static void check_dedupe(
    const struct config *config, const struct yaml *ledger, struct problems *problems)
{
    const struct yaml *dedupe = yaml_get(config->document, "dedupe");
    const struct yaml *culprit = dedupe ? dedupe : yaml_get(ledger, "keep");

    if (culprit && option_is_readable(dedupe, TOCSIN_DURATION) &&
        option_is_readable(yaml_get(ledger, "keep"), TOCSIN_DURATION) &&
        config->dedupe_ms > config->keep_ms)
        problem_add(problems, culprit->place,
            "\"dedupe\" (10m unless set) may not be longer than the ledger's \"keep\" (7d unless "
            "set)");
}

/* A ledger that holds next to nothing would refuse the first events of a busy minute. */
static void check_max_size(
    const struct config *config, const struct yaml *ledger, struct problems *problems)
{
    const struct yaml *node = yaml_get(ledger, "max_size");

    if (node && option_is_readable(node, TOCSIN_SIZE) &&
        (config->max_size < smallest_ledger || config->max_size > largest_ledger))
        problem_add(problems, node->place, "ledger: \"max_size\" must lie between 1m and 1000g");
}

static void ledger_read(struct config *config, struct problems *problems)
{
    const struct yaml nothing = {.kind = YAML_NULL, .place = config->document->place};
    const struct yaml *written = yaml_get(config->document, "ledger");
    const struct option_context context = {.problems = problems, .subject = "ledger"};
    const struct option_table table = OPTION_TABLE(ledger_options);
    struct ledger ledger = {0};

    options_read(&table, written ? written : &nothing, &ledger, &context);
    config->ledger_path = take_text(&ledger.sqlite);
    config->keep_ms = ledger.keep.ms;
    config->keep_dead_ms = ledger.keep_dead.ms;
    config->max_size = ledger.max_size.bytes;
    check_max_size(config, written, problems);
    check_dedupe(config, written, problems);
    options_finish(&table, &ledger);
}

static void sink_defaults_read(struct config *config, struct problems *problems)
{
    const struct yaml *node = yaml_get(config->document, "sink_defaults");

    if (node && node->kind != YAML_MAP && node->kind != YAML_NULL)
        problem_add(problems, node->place, "\"sink_defaults\" must be a map of options, not %s",
            yaml_describe(node));
    config->sink_defaults = node && node->kind == YAML_MAP ? node : NULL;
}

/* Valid, but of no use. What has faults may be what is missing. */
static void warn_of_gaps(const struct config *config, struct problems *problems)
{
    if (problems->error_count > 0)
        return;
    if (config->hook_count == 0)
        problem_warn(problems, config->document->place, "there is no hook, so no event can arrive");
    if (config->sink_count == 0)
        problem_warn(problems, config->document->place, "there is no sink, so nobody can be told");
}

static const char *from_environment(const char *name)
{
    return getenv(name);
}

static void document_read(
    struct config *config, const char *default_plugin_path, struct problems *problems)
{
    drop_extensions(config->document);
    expand_values(config->document, from_environment, problems);
    settings_read(config, default_plugin_path, problems);
    ledger_read(config, problems);
    logging_read(config, problems);
    listeners_read(config, problems);
    sekoia_read(config, problems);
    lookups_read(config, problems);
    hooks_read(config, problems);
    sinks_read(config, problems);
    sink_defaults_read(config, problems);
    warn_of_gaps(config, problems);
}

/* NULL where there is nothing that could be read on. */
static struct yaml *document_load(const char *file, struct problems *problems)
{
    auto_yaml struct yaml *document = yaml_load_file(file, problems);

    if (!document || document->kind == YAML_MAP)
        return TAKE(document);
    if (!document->is_faulty)
        problem_add(problems, document->place, "the file must be a map of settings, not %s",
            yaml_describe(document));
    return NULL;
}

struct config *config_load(
    const char *file, const char *default_plugin_path, struct problems *problems)
{
    struct config *config = mem_alloc(sizeof *config);

    config->file = filename_absolute(file, NULL);
    config->secrets = secrets_create();
    config->document = document_load(file, problems);
    if (config->document)
        document_read(config, default_plugin_path, problems);
    problems_sort(problems);
    if (config->document)
        return config;
    config_destroy(config);
    return NULL;
}

static void hook_finish(struct config_hook *hook)
{
    free(hook->name);
    free(hook->path);
    config_auth_finish(&hook->auth);
    networks_destroy(hook->allow);
}

static void lookup_finish(struct config_lookup *lookup)
{
    free(lookup->type);
    free(lookup->as);
    free(lookup->get);
    free(lookup->pick);
    secret_finish(&lookup->bearer);
}

static void sink_finish(struct config_sink *sink)
{
    free(sink->name);
    free(sink->plugin);
}

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->hook_count; i++)
        hook_finish(&config->hooks[i]);
    for (size_t i = 0; i < config->lookup_count; i++)
        lookup_finish(&config->lookups[i]);
    for (size_t i = 0; i < config->sink_count; i++)
        sink_finish(&config->sinks[i]);
    texts_free(config->rules, config->rules_count);
    texts_free(config->alarms, config->alarm_count);
    texts_free(config->plugin_path, config->plugin_path_count);
    free(config->hooks);
    free(config->lookups);
    free(config->sinks);
    free(config->file);
    free(config->listen.host);
    free(config->listen_tls.cert);
    free(config->listen_tls.key);
    free(config->listen_tls.client_ca);
    networks_destroy(config->trusted_proxies);
    free(config->admin.host);
    free(config->public_url);
    free(config->ledger_path);
    free(config->app_url);
    free(config->api_url);
    secret_finish(&config->admin_token);
    secrets_destroy(config->secrets);
    yaml_destroy(config->document);
    free(config);
}
