/* `sekoia`: where its API and its web application are, and the look-ups of what its events are
 * about (Sekoia.io's developer documentation: "Quickstart", "Alerts", "Cases"). */
#include "config/config-private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/locator.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define REGIONS "fra1 fra2 mco1 uae1 usa1 sgp1"

enum {
    region_len = 4,
    highest_urgency = 100,
    preset_deadline_ms = 20000,
    preset_timeout_ms = 5000,
};

struct sekoia {
    struct tocsin_choice region;
    const char *api, *app;
    struct tocsin_secret api_key;
};

static const struct tocsin_option sekoia_options[] = {
    TOCSIN_WORDS(struct sekoia, region, 0, NULL, REGIONS, "sets api and app"),
    TOCSIN_OPTION(struct sekoia, api, TOCSIN_URL, NULL, "where the API is"),
    TOCSIN_OPTION(struct sekoia, app, TOCSIN_URL, NULL, "where the web application is, for links"),
    TOCSIN_OPTION(struct sekoia, api_key, TOCSIN_REQUIRED, NULL, "a key that may view alerts"),
};

struct levels {
    int64_t urgent, high, medium, low;
};

static const struct tocsin_option level_options[] = {
    TOCSIN_OPTION(struct levels, urgent, 0, "80", "the urgency from which an event is urgent"),
    TOCSIN_OPTION(struct levels, high, 0, "75", "the urgency from which it is high"),
    TOCSIN_OPTION(struct levels, medium, 0, "50", "the urgency from which it is medium"),
    TOCSIN_OPTION(struct levels, low, 0, "1", "the urgency from which it is low; below is info"),
};

/* The countermeasures, comments and history of an alert can be megabytes, and no rule reads them.
 */
#define SMALL_ANSWER "?stix=false&comments=false&history=false&countermeasures=false"

static const struct preset {
    const char *type, *path, *pick, *as;
} presets[] = {
    {"alert", "/v1/sic/alerts/{{attributes.uuid}}" SMALL_ANSWER, NULL, "alert"},
    {"alert-comment", "/v1/sic/alerts/{{attributes.alert_uuid}}" SMALL_ANSWER, NULL, "alert"},
    {"case", "/v1/sic/cases/{{attributes.uuid}}", NULL, "case"},
    {"content-proposal", "/v2/inthreat/content-proposals/{{attributes.uuid}}", "data", "proposal"},
};

const char *preset_type(size_t position)
{
    return position < LENGTH(presets) ? presets[position].type : NULL;
}

/* Either a region, or both addresses. */
void sekoia_shape(json_t *document)
{
    json_t *sekoia = shape_map(), *levels = shape_map();

    shape_add_options(levels, &OPTION_TABLE(level_options));
    shape_described(levels, "the lowest urgency of each level");
    shape_add_options(sekoia, &OPTION_TABLE(sekoia_options));
    shape_narrow(sekoia, "api", "^$|" SHAPE_HTTP);
    shape_narrow(sekoia, "app", "^$|" SHAPE_HTTP);
    shape_described(sekoia, "look-ups of alerts, cases and proposals, and links to them");
    shape_set(sekoia, "levels", shape_or_nothing(levels), false);
    json_object_set_new(sekoia, "oneOf",
        json_pack("[{s:[s], s:{s:b, s:b}}, {s:[s, s], s:{s:b}}]", "required", "region",
            "properties", "api", 0, "app", 0, "required", "api", "app", "properties", "region", 0));
    shape_set(document, "sekoia", sekoia, false);
}

static void add_preset(
    struct config *config, const struct preset *preset, const char *api_key, struct place place)
{
    *lookup_add(config) = (struct config_lookup){
        .type = text_copy(preset->type),
        .as = text_copy(preset->as),
        .get = text_format("%s%s", config->api_url, preset->path),
        .pick = text_copy(preset->pick),
        .bearer = {text_copy(api_key)},
        .deadline_ms = preset_deadline_ms,
        .timeout_ms = preset_timeout_ms,
        .place = place,
    };
}

static void levels_read(struct config *config, const struct yaml *sekoia, struct problems *problems)
{
    const struct yaml nothing = {.kind = YAML_NULL};
    const struct yaml *written = yaml_get(sekoia, "levels");
    const struct option_context context = {.problems = problems, .subject = "sekoia levels"};
    struct levels levels = {0};

    bool ok =
        options_read(&OPTION_TABLE(level_options), written ? written : &nothing, &levels, &context);
    bool falls =
        levels.urgent >= levels.high && levels.high >= levels.medium && levels.medium >= levels.low;
    if (ok && (!falls || levels.low < 0 || levels.urgent > highest_urgency))
        problem_add(problems, written ? written->place : config->document->place,
            "sekoia levels: the numbers must lie within 0 and 100 and fall from urgent to low");
    config->levels = (struct config_levels){
        (int)levels.urgent, (int)levels.high, (int)levels.medium, (int)levels.low};
}

/* fra1 came first and has names of its own. */
static void set_region(struct config *config, uint32_t index)
{
    auto_free char *region = text_copy_n(&REGIONS[(size_t)index * (region_len + 1)], region_len);

    if (index == 0) {
        config->app_url = text_copy("https://app.sekoia.io");
        config->api_url = text_copy("https://api.sekoia.io");
    } else {
        config->app_url = text_format("https://app.%s.sekoia.io", region);
        config->api_url = text_format("https://app.%s.sekoia.io/api", region);
    }
}

static bool has_prefix(const struct locator_part *part, const char *prefix)
{
    return part->len > strlen(prefix) && strncasecmp(part->start, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const struct locator_part *part, const char *suffix)
{
    size_t len = strlen(suffix);

    return part->len > len && strncasecmp(part->start + part->len - len, suffix, len) == 0;
}

static void cut_api(char *url)
{
    size_t len = strlen(url), tail = strlen("/api");

    while (len > tail && strcmp(url + len - tail, "/api") == 0) {
        len -= tail;
        url[len] = '\0';
    }
}

/* People write the API's base with /api or without; Sekoia's api hosts want none, its app hosts
 * want one, and of others only the writer knows. */
static char *normal_api(const char *base)
{
    struct locator locator;
    auto_free char *bare = text_copy(base);

    cut_api(bare);
    if (locator_split(bare, &locator))
        return TAKE(bare);
    bool is_sekoia = has_suffix(&locator.host, ".sekoia.io");
    bool was_cut = strlen(bare) < strlen(base);
    bool wants_api = was_cut;
    if (is_sekoia && has_prefix(&locator.host, "api."))
        wants_api = false;
    else if (is_sekoia && has_prefix(&locator.host, "app.") && *locator.path == '\0')
        wants_api = true;
    return wants_api ? text_format("%s/api", bare) : TAKE(bare);
}

/* Either a region, or both addresses. */
static void check_addresses(
    const struct yaml *node, const struct sekoia *sekoia, struct problems *problems)
{
    const struct yaml *region = yaml_get(node, "region");

    if (region && (sekoia->api || sekoia->app))
        problem_add(problems, region->place,
            "sekoia: \"region\" sets \"api\" and \"app\"; write the region or the addresses");
    else if (!region && !sekoia->api && !sekoia->app)
        problem_add(problems, node->place,
            "sekoia: \"region\" is required (" REGIONS "), or \"api\" and \"app\"");
    else if (!region && (!sekoia->api || !sekoia->app))
        problem_add(problems, node->place, "sekoia: \"%s\" is required where \"%s\" is written",
            sekoia->api ? "app" : "api", sekoia->api ? "api" : "app");
}

static void set_addresses(struct config *config, const struct yaml *node,
    const struct sekoia *sekoia, struct problems *problems)
{
    if (!sekoia->api || !sekoia->app) {
        set_region(config, sekoia->region.index);
        return;
    }
    auto_free char *api = base_url(sekoia->api, yaml_get(node, "api"), "sekoia: \"api\"", problems);
    config->app_url = base_url(sekoia->app, yaml_get(node, "app"), "sekoia: \"app\"", problems);
    config->api_url = normal_api(api);
}

/* Faults do not end the reading: the presets must be there for `enrich` to change. */
void sekoia_read(struct config *config, struct problems *problems)
{
    static const char *const also[] = {"levels", NULL};
    const struct yaml *node = yaml_get(config->document, "sekoia");
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = "sekoia", .also = also};
    const struct option_table table = OPTION_TABLE(sekoia_options);
    struct sekoia sekoia = {0};

    levels_read(config, node, problems);
    if (!node)
        return;
    if (options_read(&table, node, &sekoia, &context))
        check_addresses(node, &sekoia, problems);
    set_addresses(config, node, &sekoia, problems);
    for (size_t i = 0; i < LENGTH(presets); i++)
        add_preset(config, &presets[i], sekoia.api_key.value, node->place);
    lookup_warn_plain(&config->lookups[0], "sekoia", node->place, problems);
    options_finish(&table, &sekoia);
}
