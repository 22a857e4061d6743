#include "sink/policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/units.h"
#include "config/options.h"
#include "config/problems.h"
#include "config/shape.h"
#include "config/yaml.h"
#include "sink/plugin.h"

enum {
    default_concurrency = 4,
    most_concurrency = 64,
};

/* The options as they are written; the blocks stand in tables of their own. */
struct any_options {
    struct tocsin_duration timeout;
    int64_t concurrency;
    const char *rate;
    struct tocsin_choice in_doubt;
    const char *fallback;
    struct tocsin_duration fallback_after;
    struct tocsin_choice isolation;
};
struct http_options {
    const char *proxy, *ca;
};
struct retry_options {
    struct tocsin_duration first, max, give_up;
};
struct breaker_options {
    int64_t failures;
    struct tocsin_duration probe;
};

static const struct tocsin_option any_table[] = {
    TOCSIN_OPTION(struct any_options, timeout, 0, "15s", "how long one attempt may take"),
    TOCSIN_OPTION(struct any_options, concurrency, 0, NULL, "how many attempts at one time"),
    TOCSIN_OPTION(struct any_options, rate, 0, NULL, "how many messages: 10/s, 60/m, off"),
    TOCSIN_WORDS(struct any_options, in_doubt, 0, "resend", "resend dead",
        "what to do when an attempt may have arrived"),
    TOCSIN_OPTION(
        struct any_options, fallback, 0, NULL, "the sink that takes over what waited too long"),
    TOCSIN_OPTION(struct any_options, fallback_after, 0, "10m", "how long is too long"),
    TOCSIN_WORDS(struct any_options, isolation, 0, "none", "none process",
        "process: the plugin runs in processes of its own, and cannot take tocsin down"),
};
static const struct tocsin_option http_table[] = {
    TOCSIN_OPTION(struct http_options, proxy, TOCSIN_URL, NULL, "an HTTP proxy to go through"),
    TOCSIN_OPTION(struct http_options, ca, TOCSIN_PATH, NULL,
        "certificates to trust instead of the system's"),
};
static const struct tocsin_option retry_table[] = {
    TOCSIN_OPTION(struct retry_options, first, 0, "2s", "the first wait, doubled each time"),
    TOCSIN_OPTION(struct retry_options, max, 0, "10m", "the longest wait"),
    TOCSIN_OPTION(struct retry_options, give_up, 0, "24h", "after that a dead letter"),
};
static const struct tocsin_option breaker_table[] = {
    TOCSIN_OPTION(struct breaker_options, failures, 0, "5", "failures in a row that shut the sink"),
    TOCSIN_OPTION(struct breaker_options, probe, 0, "30s", "how long before one message probes it"),
};

static const char *const names_other[] = {"plugin", "retry", "breaker", "timeout", "concurrency",
    "rate", "in_doubt", "fallback", "fallback_after", "isolation", "proxy", NULL};
static const char *const names_http[] = {"plugin", "retry", "breaker", "timeout", "concurrency",
    "rate", "in_doubt", "fallback", "fallback_after", "isolation", "proxy", "ca", NULL};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

const char *const *policy_names(bool has_requests)
{
    return has_requests ? names_http : names_other;
}

size_t policy_name_count(bool has_requests)
{
    return (has_requests ? LENGTH(names_http) : LENGTH(names_other)) - 1;
}

#define TABLE(array)                                                                               \
    {                                                                                              \
        (array), LENGTH(array), sizeof *(array)                                                    \
    }

static const struct policy_group groups[] = {
    {NULL, NULL, TABLE(any_table), false},
    {NULL, NULL, TABLE(http_table), true},
    {"retry", "when to try again, and when to stop", TABLE(retry_table), false},
    {"breaker", "when to leave the sink alone", TABLE(breaker_table), false},
};

const struct policy_group *policy_groups(size_t *count)
{
    *count = LENGTH(groups);
    return groups;
}

static void add_group(json_t *map, const struct policy_group *group)
{
    if (!group->name) {
        shape_add_options(map, &group->options);
        return;
    }
    json_t *block = shape_map();
    shape_add_options(block, &group->options);
    shape_set(map, group->name, shape_described(block, group->help), false);
}

/* A text for its table, and more for rate_parse(). */
static void add_rate(json_t *map)
{
    shape_set(map, "rate",
        json_pack("{s:s, s:s, s:s}", "description", "how many messages: 10/s, 60/m, off", "type",
            "string", "pattern", "^(0*[1-9][0-9]*/[smh]|off)$|\\$\\{"),
        false);
}

void policy_shape(json_t *map, enum policy_kind kind)
{
    for (size_t i = 0; i < LENGTH(groups); i++)
        if (kind != POLICY_OTHER || !groups[i].is_for_requests)
            add_group(map, &groups[i]);
    add_rate(map);
    if (kind == POLICY_DEFAULTS)
        json_object_del(json_object_get(map, "properties"), "fallback");
}

/* A map of the upper's entries and those of the lower that the upper lacks. Its nodes are borrowed;
 * the array is the caller's to free. */
static struct yaml overlaid(const struct yaml *upper, const struct yaml *lower)
{
    size_t most = (upper ? upper->count : 0) + (lower ? lower->count : 0);
    struct yaml map = upper ? *upper : *lower;

    map.kind = YAML_MAP;
    map.entries = mem_alloc(most * sizeof *map.entries);
    map.count = 0;
    for (size_t i = 0; upper && upper->kind == YAML_MAP && i < upper->count; i++)
        map.entries[map.count++] = upper->entries[i];
    for (size_t i = 0; lower && lower->kind == YAML_MAP && i < lower->count; i++)
        if (!yaml_get(upper, lower->entries[i].key->text))
            map.entries[map.count++] = lower->entries[i];
    return map;
}

/* Leaves out what is not in the table: somebody else reads it, and reports what nobody knows. */
static void keep_known(struct yaml *map, const struct option_table *table)
{
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++)
        for (size_t j = 0; j < table->count; j++)
            if (strcmp(map->entries[i].key->text, option_at(table, j)->name) == 0)
                map->entries[kept++] = map->entries[i];
    map->count = kept;
}

static bool read_flat(const struct option_table *table, void *config, const struct yaml *sink,
    const struct yaml *defaults, const struct option_context *context)
{
    struct yaml map = overlaid(sink, defaults);

    keep_known(&map, table);
    bool ok = options_read(table, &map, config, context);
    free(map.entries);
    return ok;
}

static bool read_block(const char *name, const struct option_table *table, void *config,
    const struct yaml *sink, const struct yaml *defaults, const struct option_context *context)
{
    const struct yaml *upper = yaml_get(sink, name), *lower = yaml_get(defaults, name);
    struct option_context inner = *context;
    static const struct yaml empty = {.kind = YAML_MAP};

    if (upper && upper->kind != YAML_MAP) {
        if (!upper->is_faulty)
            problem_add(context->problems, upper->place, "%s: \"%s\" must be a map, not %s",
                context->subject, name, yaml_describe(upper));
        return false;
    }
    if (!upper && !lower)
        return options_read(table, &empty, config, &inner);
    struct yaml map = overlaid(upper, lower);
    bool ok = options_read(table, &map, config, &inner);
    free(map.entries);
    return ok;
}

/* Where an option is written: at the sink, else in sink_defaults; the whole where it is nowhere. */
struct origin {
    const struct yaml *sink, *defaults;
};

static const struct yaml *find_written(const struct origin *origin, const char *name)
{
    const struct yaml *node = yaml_get(origin->sink, name);

    return node ? node : yaml_get(origin->defaults, name);
}

static struct place place_of(const struct origin *origin, const char *name)
{
    const struct yaml *node = find_written(origin, name);

    if (!node)
        node = origin->sink ? origin->sink : origin->defaults;
    return node->place;
}

static void require(bool holds, const char *name, const char *bounds, const struct origin *origin,
    const struct option_context *context)
{
    if (!holds)
        problem_add(context->problems, place_of(origin, name), "%s: \"%s\" %s", context->subject,
            name, bounds);
}

static void check_block_numbers(const struct policy *policy, bool has_retries, bool has_breaker,
    const struct origin *origin, const struct option_context *context)
{
    require(!has_retries ||
                (policy->retry_first_ms >= 1 && policy->retry_max_ms >= policy->retry_first_ms),
        "retry", "needs first >= 1ms and max >= first", origin, context);
    require(!has_breaker || (policy->breaker_failures >= 1 && policy->probe_ms >= 100), "breaker",
        "needs failures >= 1 and probe >= 100ms", origin, context);
}

/* Of what could be read; of the rest it was said why not. */
static void check_flat_numbers(const struct policy *policy, const struct any_options *written,
    const struct origin *origin, const struct option_context *context)
{
    const struct yaml *timeout = find_written(origin, "timeout"),
                      *after = find_written(origin, "fallback_after"),
                      *concurrency = find_written(origin, "concurrency");

    if (option_is_readable(timeout, TOCSIN_DURATION))
        require(policy->timeout_ms >= 100 && policy->timeout_ms <= 600000, "timeout",
            "must lie between 100ms and 10m", origin, context);
    if (option_is_readable(after, TOCSIN_DURATION))
        require(policy->fallback_after_ms >= 1000, "fallback_after", "must be 1s or longer", origin,
            context);
    if (concurrency && option_is_readable(concurrency, TOCSIN_INT))
        require(written->concurrency >= 1 && written->concurrency <= most_concurrency,
            "concurrency", "must lie between 1 and 64", origin, context);
}

size_t policy_default_concurrency(const struct plugin *plugin)
{
    return plugin && plugin->descriptor.concurrency ? plugin->descriptor.concurrency
                                                    : default_concurrency;
}

static void set_concurrency(struct policy *policy, int64_t written, const struct plugin *plugin)
{
    policy->concurrency = written > 0 ? (size_t)written : policy_default_concurrency(plugin);
}

static void set_rate(struct policy *policy, const char *written, const struct plugin *plugin,
    const struct origin *origin, const struct option_context *context)
{
    const char *own = plugin && plugin->descriptor.rate ? plugin->descriptor.rate : "off";
    const struct yaml *value = find_written(origin, "rate");

    if (!option_is_readable(value, TOCSIN_TEXT) ||
        rate_parse(written ? written : own, &policy->rate))
        return;
    auto_free char *shown = value ? yaml_show(value) : text_copy("that");
    problem_add(context->problems, place_of(origin, "rate"),
        "%s: \"rate\" must be like 10/s, 60/m or off, not %s", context->subject, shown);
}

/* What this sink's plugin would never hear of. */
static void refuse_useless(
    const struct yaml *node, const struct plugin *plugin, const struct option_context *context)
{
    const struct yaml *proxy = yaml_get(node, "proxy"), *isolation = yaml_get(node, "isolation");

    if (isolation && plugin && plugin->is_inbox && policy_isolates(NULL, node))
        problem_add(context->problems, isolation->place,
            "%s: %s is a part of tocsin, and cannot run in a process of its own", context->subject,
            plugin->descriptor.name);
    if (proxy && plugin && !plugin_has_requests(plugin))
        problem_add(context->problems, proxy->place,
            "%s: \"proxy\" is for sinks whose requests tocsin makes; for %s it makes none",
            context->subject, plugin->descriptor.name);
}

static void read_blocks(
    struct policy *policy, const struct origin *origin, const struct option_context *context)
{
    const struct option_table retry = OPTION_TABLE(retry_table),
                              breaker = OPTION_TABLE(breaker_table);
    struct retry_options retries = {0};
    struct breaker_options breaks = {0};
    bool has_retries =
        read_block("retry", &retry, &retries, origin->sink, origin->defaults, context);
    bool has_breaker =
        read_block("breaker", &breaker, &breaks, origin->sink, origin->defaults, context);

    policy->retry_first_ms = retries.first.ms;
    policy->retry_max_ms = retries.max.ms;
    policy->give_up_ms = retries.give_up.ms;
    policy->breaker_failures = breaks.failures;
    policy->probe_ms = breaks.probe.ms;
    check_block_numbers(policy, has_retries, has_breaker, origin, context);
}

static void read_http(
    struct policy *policy, const struct origin *origin, const struct option_context *context)
{
    const struct option_table http = OPTION_TABLE(http_table);
    struct http_options options = {0};

    read_flat(&http, &options, origin->sink, origin->defaults, context);
    policy->proxy = text_copy(options.proxy);
    policy->ca = text_copy(options.ca);
    options_finish(&http, &options);
}

static void read_any(struct policy *policy, const struct plugin *plugin,
    const struct origin *origin, const struct option_context *context)
{
    const struct option_table any = OPTION_TABLE(any_table);
    struct any_options options = {0};

    read_flat(&any, &options, origin->sink, origin->defaults, context);

    policy->timeout_ms = options.timeout.ms;
    policy->resend_in_doubt = options.in_doubt.index == 0;
    policy->fallback = text_copy(options.fallback);
    policy->fallback_after_ms = options.fallback_after.ms;
    set_rate(policy, options.rate, plugin, origin, context);
    set_concurrency(policy, options.concurrency, plugin);
    check_flat_numbers(policy, &options, origin, context);
    options_finish(&any, &options);
}

/* False if there was any fault. */
static bool read_all(struct policy *policy, const struct plugin *plugin,
    const struct origin *origin, const struct option_context *context)
{
    size_t before = context->problems->error_count;

    refuse_useless(origin->sink ? origin->sink : origin->defaults, plugin, context);
    read_any(policy, plugin, origin, context);
    if (!plugin || plugin_has_requests(plugin))
        read_http(policy, origin, context);
    read_blocks(policy, origin, context);
    return context->problems->error_count == before;
}

bool policy_isolates(const struct yaml *defaults, const struct yaml *sink)
{
    const struct origin origin = {sink, defaults};
    const struct yaml *isolation = find_written(&origin, "isolation");

    return isolation && isolation->kind == YAML_SCALAR && strcmp(isolation->text, "process") == 0;
}

bool policy_read(struct policy *policy, const struct plugin *plugin, const struct yaml *defaults,
    const struct yaml *sink, const char *subject, struct problems *problems)
{
    const struct option_context context = {.problems = problems, .subject = subject};
    const struct origin origin = {sink, defaults};

    return read_all(policy, plugin, &origin, &context);
}

/* `fallback` is no option of all sinks. */
static void check_default(const struct yaml *key, const struct option_context *context)
{
    const char *const *names = policy_names(true);
    size_t count = policy_name_count(true);

    if (strcmp(key->text, "fallback") == 0) {
        problem_add(context->problems, key->place,
            "sink_defaults: \"fallback\" stands at each sink that has one");
        return;
    }
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i], key->text) == 0)
            return;
    const char *near = nearest_word(key->text, names + 1, count - 1);
    auto_free char *shown = yaml_show(key);
    auto_free char *hint = near ? text_format("; did you mean \"%s\"?", near) : text_copy("");
    problem_add(context->problems, key->place,
        "sink_defaults: %s is no option that every sink has%s", shown, hint);
}

bool policy_check_defaults(const struct yaml *defaults, struct problems *problems)
{
    const struct option_context context = {.problems = problems, .subject = "sink_defaults"};
    const struct origin origin = {NULL, defaults};
    struct policy policy = {0};
    size_t before = problems->error_count;

    if (!defaults)
        return true;
    for (size_t i = 0; i < defaults->count; i++)
        check_default(defaults->entries[i].key, &context);
    read_all(&policy, NULL, &origin, &context);
    policy_finish(&policy);
    return problems->error_count == before;
}

void policy_finish(struct policy *policy)
{
    free(policy->fallback);
    free(policy->proxy);
    free(policy->ca);
    policy->fallback = policy->proxy = policy->ca = NULL;
}
