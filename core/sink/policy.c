#include "sink/policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/units.h"
#include "config/options.h"
#include "config/problems.h"
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

/* Names of options that are designed and not built: refused by name, never ignored. */
static const char *const later_names[] = {"isolation"};

static const char *const names_blocking[] = {"plugin", "retry", "breaker", "timeout", "concurrency",
    "rate", "in_doubt", "fallback", "fallback_after", "isolation", "proxy", NULL};
static const char *const names_http[] = {"plugin", "retry", "breaker", "timeout", "concurrency",
    "rate", "in_doubt", "fallback", "fallback_after", "isolation", "proxy", "ca", NULL};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

const char *const *policy_names(bool blocks)
{
    return blocks ? names_blocking : names_http;
}

size_t policy_name_count(bool blocks)
{
    return (blocks ? LENGTH(names_blocking) : LENGTH(names_http)) - 1;
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
        problem_add(context->problems, upper->place, "\"%s\" must be a map, not %s", name,
            yaml_describe(upper));
        return false;
    }
    if (!upper && !lower)
        return options_read(table, &empty, config, &inner);
    struct yaml map = overlaid(upper, lower);
    bool ok = options_read(table, &map, config, &inner);
    free(map.entries);
    return ok;
}

static bool check_numbers(
    const struct policy *policy, const struct yaml *node, const struct option_context *context)
{
    struct problems *problems = context->problems;
    size_t before = problems->error_count;

    if (policy->timeout_ms < 100 || policy->timeout_ms > 600000)
        problem_add(problems, node->place, "%s: \"timeout\" must lie between 100ms and 10m",
            context->subject);
    if (policy->retry_first_ms < 1 || policy->retry_max_ms < policy->retry_first_ms)
        problem_add(problems, node->place, "%s: \"retry\" needs first >= 1ms and max >= first",
            context->subject);
    if (policy->breaker_failures < 1 || policy->probe_ms < 100)
        problem_add(problems, node->place, "%s: \"breaker\" needs failures >= 1 and probe >= 100ms",
            context->subject);
    if (policy->fallback_after_ms < 1000)
        problem_add(
            problems, node->place, "%s: \"fallback_after\" must be 1s or longer", context->subject);
    return problems->error_count == before;
}

static bool set_concurrency(struct policy *policy, int64_t written, const struct plugin *plugin,
    const struct yaml *node, const struct option_context *context)
{
    int64_t own = plugin && plugin->descriptor.concurrency ? plugin->descriptor.concurrency
                                                           : default_concurrency;

    if (written < 0 || written > most_concurrency) {
        problem_add(context->problems, node->place, "%s: \"concurrency\" must lie between 1 and %d",
            context->subject, most_concurrency);
        return false;
    }
    policy->concurrency = (size_t)(written ? written : own);
    return true;
}

static bool set_rate(struct policy *policy, const char *written, const struct plugin *plugin,
    const struct yaml *node, const struct option_context *context)
{
    const char *own = plugin && plugin->descriptor.rate ? plugin->descriptor.rate : "off";
    const struct yaml *value = yaml_get(node, "rate");

    if (rate_parse(written ? written : own, &policy->rate))
        return true;
    auto_free char *shown = value ? yaml_show(value) : text_copy("that");
    problem_add(context->problems, value ? value->place : node->place,
        "%s: \"rate\" must be like 10/s, 60/m or off, not %s", context->subject, shown);
    return false;
}

static bool refuse_later(const struct yaml *node, const struct option_context *context)
{
    bool ok = true;

    for (size_t i = 0; i < LENGTH(later_names); i++) {
        const struct yaml *value = yaml_get(node, later_names[i]);
        if (!value)
            continue;
        problem_add(context->problems, value->place, "%s: \"%s\" is not in this version yet",
            context->subject, later_names[i]);
        ok = false;
    }
    return ok;
}

static bool read_all(struct policy *policy, const struct plugin *plugin, const struct yaml *sink,
    const struct yaml *defaults, const struct option_context *context)
{
    const struct option_table any = OPTION_TABLE(any_table), http = OPTION_TABLE(http_table),
                              retry = OPTION_TABLE(retry_table),
                              breaker = OPTION_TABLE(breaker_table);
    const struct yaml *node = sink ? sink : defaults;
    struct any_options any_options = {0};
    struct http_options http_options = {0};
    struct retry_options retries = {0};
    struct breaker_options breaks = {0};

    bool ok = refuse_later(node, context);
    ok &= read_flat(&any, &any_options, sink, defaults, context);
    if (!plugin || !plugin_blocks(plugin))
        ok &= read_flat(&http, &http_options, sink, defaults, context);
    ok &= read_block("retry", &retry, &retries, sink, defaults, context);
    ok &= read_block("breaker", &breaker, &breaks, sink, defaults, context);
    *policy = (struct policy){
        .timeout_ms = any_options.timeout.ms,
        .retry_first_ms = retries.first.ms,
        .retry_max_ms = retries.max.ms,
        .give_up_ms = retries.give_up.ms,
        .breaker_failures = breaks.failures,
        .probe_ms = breaks.probe.ms,
        .resend_in_doubt = any_options.in_doubt.index == 0,
        .fallback = text_copy(any_options.fallback),
        .fallback_after_ms = any_options.fallback_after.ms,
        .proxy = text_copy(http_options.proxy),
        .ca = text_copy(http_options.ca),
    };
    ok = ok && set_rate(policy, any_options.rate, plugin, node, context) &&
         set_concurrency(policy, any_options.concurrency, plugin, node, context) &&
         check_numbers(policy, node, context);
    options_finish(&any, &any_options);
    options_finish(&http, &http_options);
    return ok;
}

bool policy_read(struct policy *policy, const struct plugin *plugin, const struct yaml *defaults,
    const struct yaml *sink, struct problems *problems)
{
    const struct option_context context = {.problems = problems, .subject = "sink"};

    return read_all(policy, plugin, sink, defaults, &context);
}

bool policy_check_defaults(const struct yaml *defaults, struct problems *problems)
{
    const struct option_context context = {.problems = problems, .subject = "sink_defaults"};
    struct policy policy = {0};
    bool ok = true;

    if (!defaults)
        return true;
    for (size_t i = 0; i < defaults->count; i++) {
        const char *key = defaults->entries[i].key->text;
        bool is_known = false;
        for (const char *const *name = names_http + 1; *name; name++)
            is_known |= strcmp(*name, key) == 0;
        if (!is_known)
            problem_add(problems, defaults->entries[i].key->place,
                "sink_defaults: \"%s\" is no option that every sink has", key);
        if (strcmp(key, "fallback") == 0)
            problem_add(problems, defaults->entries[i].key->place,
                "sink_defaults: \"fallback\" stands at each sink that has one");
        ok &= is_known && strcmp(key, "fallback") != 0;
    }
    ok &= read_all(&policy, NULL, NULL, defaults, &context);
    policy_finish(&policy);
    return ok;
}

void policy_finish(struct policy *policy)
{
    free(policy->fallback);
    free(policy->proxy);
    free(policy->ca);
    policy->fallback = policy->proxy = policy->ca = NULL;
}
