/* The preset for Sekoia, and the look-ups. Sources: the quickstart and regions pages of the
 * vendor's documentation for the addresses, its public OpenAPI documents for the paths and
 * parameters. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config-private.h"
#include "config/config.h"
#include "config/options.h"
#include "config/yaml.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

struct sekoia_options {
    struct tocsin_choice region;
    const char *api, *app;
    struct tocsin_secret api_key;
};
struct level_options {
    int64_t urgent, high, medium, low;
};
struct lookup_options {
    const char *get, *pick, *as;
    struct tocsin_secret bearer;
    struct tocsin_duration deadline, timeout;
};

/* The first is the place of no region: api and app are written out. */
static const struct tocsin_option sekoia_table[] = {
    TOCSIN_WORDS(struct sekoia_options, region, 0, "fra1", "fra1 fra2 mco1 uae1 usa1 sgp1",
        "where your community lives"),
    TOCSIN_OPTION(struct sekoia_options, api, TOCSIN_URL, NULL, "the API, instead of a region"),
    TOCSIN_OPTION(
        struct sekoia_options, app, TOCSIN_URL, NULL, "the web application, instead of a region"),
    TOCSIN_OPTION(struct sekoia_options, api_key, TOCSIN_REQUIRED, NULL,
        "a key with the permission \"View alerts\""),
};
static const struct tocsin_option level_table[] = {
    TOCSIN_OPTION(struct level_options, urgent, 0, "80", "the lowest urgency that is urgent"),
    TOCSIN_OPTION(struct level_options, high, 0, "75", "the lowest urgency that is high"),
    TOCSIN_OPTION(struct level_options, medium, 0, "50", "the lowest urgency that is medium"),
    TOCSIN_OPTION(struct level_options, low, 0, "1", "the lowest urgency that is low"),
};
static const struct tocsin_option lookup_table[] = {
    TOCSIN_OPTION(struct lookup_options, get, TOCSIN_URL, NULL,
        "the URL to get, with {{attributes.uuid}} and the like"),
    TOCSIN_OPTION(struct lookup_options, pick, 0, NULL, "where in the answer the object is"),
    TOCSIN_OPTION(struct lookup_options, as, 0, NULL, "the name it is given"),
    TOCSIN_OPTION(struct lookup_options, bearer, 0, NULL, "the key to send"),
    TOCSIN_OPTION(struct lookup_options, deadline, 0, "20s", "for all tries together"),
    TOCSIN_OPTION(struct lookup_options, timeout, 0, "5s", "for one try"),
};

static const char *const regions[] = {"fra1", "fra2", "mco1", "uae1", "usa1", "sgp1"};

/* What the preset looks up; the parameters keep the answer small. */
static const struct preset {
    const char *type, *as, *path, *pick;
} presets[] = {
    {"alert", "alert",
        "/v1/sic/alerts/{{attributes.uuid}}"
        "?stix=false&comments=false&history=false&countermeasures=false",
        NULL},
    {"alert-comment", "alert",
        "/v1/sic/alerts/{{attributes.alert_uuid}}"
        "?stix=false&comments=false&history=false&countermeasures=false",
        NULL},
    {"case", "case", "/v1/sic/cases/{{attributes.uuid}}", NULL},
    {"content-proposal", "proposal", "/v2/inthreat/content-proposals/{{attributes.uuid}}", "data"},
};

static char *without_slash(const char *url)
{
    size_t len = strlen(url);

    while (len && url[len - 1] == '/')
        len--;
    return text_copy_n(url, len);
}

/* fra1 has an API host of its own; the others serve it below the application. */
static char *region_app(const char *region)
{
    return strcmp(region, "fra1") == 0 ? text_copy("https://app.sekoia.io")
                                       : text_format("https://app.%s.sekoia.io", region);
}

static char *region_api(const char *region)
{
    return strcmp(region, "fra1") == 0 ? text_copy("https://api.sekoia.io")
                                       : text_format("https://app.%s.sekoia.io/api", region);
}

static void warn_of_clear_text(
    const char *url, const char *what, struct place place, struct problems *problems)
{
    const char *host = url + 7;
    bool is_loopback = strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0 ||
                       strncmp(host, "[::1]", 5) == 0;

    if (strncmp(url, "http://", 7) == 0 && !is_loopback)
        problem_warn(
            problems, place, "%s goes over plain HTTP: its key can be read on the way", what);
}

static void read_levels(struct config *config, const struct yaml *levels, struct problems *problems)
{
    const struct option_table table = OPTION_TABLE(level_table);
    static const struct yaml none = {.kind = YAML_NULL};
    const struct option_context context = {.problems = problems, .subject = "levels"};
    struct level_options options = {0};

    if (!options_read(&table, levels ? levels : &none, &options, &context))
        return;
    if (options.urgent < options.high || options.high < options.medium ||
        options.medium < options.low || options.low < 0 || options.urgent > 100)
        problem_add(problems, levels ? levels->place : (struct place){config->file, 0, 0},
            "levels must fall from urgent to low, between 100 and 0");
    config->levels = (struct config_levels){
        (int)options.urgent, (int)options.high, (int)options.medium, (int)options.low};
}

void config_read_sekoia(struct config *config, const struct yaml *sekoia, struct problems *problems)
{
    static const char *const also[] = {"levels", NULL};
    const struct option_table table = OPTION_TABLE(sekoia_table);
    struct sekoia_options options = {0};
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = "sekoia", .also = also};

    read_levels(config, yaml_get(sekoia, "levels"), problems);
    if (!sekoia)
        return;
    if (yaml_get(sekoia, "region") && (yaml_get(sekoia, "api") || yaml_get(sekoia, "app")))
        problem_add(problems, sekoia->place, "sekoia: write either a region, or api and app");
    if (!yaml_get(sekoia, "api") != !yaml_get(sekoia, "app"))
        problem_add(problems, sekoia->place, "sekoia: api and app go together");
    if (options_read(&table, sekoia, &options, &context)) {
        const char *region = regions[options.region.index];
        config->api_url = options.api ? without_slash(options.api) : region_api(region);
        config->app_url = options.app ? without_slash(options.app) : region_app(region);
        config->api_key.hidden = text_copy(options.api_key.value);
        warn_of_clear_text(config->api_url, "sekoia: the API", sekoia->place, problems);
    }
    options_finish(&table, &options);
}

static const struct preset *find_preset(const struct config *config, const char *type)
{
    for (size_t i = 0; config->api_url && i < LENGTH(presets); i++)
        if (strcmp(presets[i].type, type) == 0)
            return &presets[i];
    return NULL;
}

/* Scheme and host are the operator's, never an event's. */
static bool has_literal_host(const char *url)
{
    const char *host = strstr(url, "://"), *part = strstr(url, "{{");
    const char *path = host ? strchr(host + 3, '/') : NULL;

    return !part || (path && part > path);
}

static void check_lookup(const struct config_lookup *lookup, struct problems *problems)
{
    if (!lookup->get)
        problem_add(problems, lookup->place, "enrich %s: \"get\" is required: what to look up",
            lookup->type);
    else if (!has_literal_host(lookup->get))
        problem_add(problems, lookup->place,
            "enrich %s: \"get\": {{...}} may stand in the path and after it only", lookup->type);
    if (lookup->deadline_ms < 100 || lookup->timeout_ms < 100 ||
        lookup->timeout_ms > lookup->deadline_ms)
        problem_add(problems, lookup->place,
            "enrich %s: \"timeout\" must lie between 100ms and \"deadline\"", lookup->type);
    if (lookup->get && *secret_reveal(&lookup->bearer)) {
        auto_free char *what = text_format("enrich %s", lookup->type);
        warn_of_clear_text(lookup->get, what, lookup->place, problems);
    }
}

/* What is written in `enrich:` over what the preset says. */
static void add_lookup(struct config *config, const char *type, const struct yaml *written,
    struct place place, struct problems *problems)
{
    static const struct yaml nothing = {.kind = YAML_NULL};
    const struct option_table table = OPTION_TABLE(lookup_table);
    const struct preset *preset = find_preset(config, type);
    auto_free char *subject = text_format("enrich %s", type);
    struct lookup_options options = {0};
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = subject};
    struct config_lookup *lookup = &config->lookups[config->lookup_count++];

    if (!options_read(&table, written ? written : &nothing, &options, &context)) {
        config->lookup_count--;
        options_finish(&table, &options);
        return;
    }
    const char *as = options.as ? options.as : preset ? preset->as : type;
    const char *key = options.bearer.value;
    *lookup = (struct config_lookup){
        .type = text_copy(type),
        .as = text_copy(as),
        .get = options.get ? text_copy(options.get)
               : preset    ? text_format("%s%s", config->api_url, preset->path)
                           : NULL,
        .pick = text_copy(options.pick             ? options.pick
                          : preset && !options.get ? preset->pick
                                                   : NULL),
        .deadline_ms = options.deadline.ms,
        .timeout_ms = options.timeout.ms,
        .place = place,
    };
    /* The vendor's key goes to the vendor only: another URL has to name its own. */
    if (!key && preset && !options.get)
        key = secret_reveal(&config->api_key);
    lookup->bearer.hidden = text_copy(key);
    check_lookup(lookup, problems);
    options_finish(&table, &options);
}

void config_read_lookups(struct config *config, const struct yaml *sekoia,
    const struct yaml *enrich, struct problems *problems)
{
    size_t written = enrich && enrich->kind == YAML_MAP ? enrich->count : 0;

    if (enrich && enrich->kind != YAML_MAP && enrich->kind != YAML_NULL)
        problem_add(problems, enrich->place, "\"enrich\" must be a map of event types, not %s",
            yaml_describe(enrich));
    config->lookups = mem_alloc((LENGTH(presets) + written) * sizeof *config->lookups);
    for (size_t i = 0; config->api_url && i < LENGTH(presets); i++)
        if (!yaml_get(enrich, presets[i].type))
            add_lookup(config, presets[i].type, NULL, sekoia->place, problems);
    for (size_t i = 0; i < written; i++)
        add_lookup(config, enrich->entries[i].key->text, enrich->entries[i].value,
            enrich->entries[i].key->place, problems);
}
