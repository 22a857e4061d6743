/* `enrich`: changes to the preset look-ups, and more types. */
#include "config/config-private.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/locator.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum {
    default_deadline_ms = 20000,
    default_timeout_ms = 5000,
};

struct lookup_options {
    const char *get, *pick, *as;
    struct tocsin_secret bearer;
    struct tocsin_duration deadline, timeout;
};

/* No fallbacks: what is not written stays as the preset has it. */
static const struct tocsin_option lookup_options[] = {
    TOCSIN_OPTION(struct lookup_options, get, TOCSIN_REQUIRED, "", "the URL, with {{path}} parts"),
    TOCSIN_OPTION(struct lookup_options, pick, 0, NULL, "the part of the answer that is attached"),
    TOCSIN_OPTION(struct lookup_options, as, 0, NULL, "the name it is attached under"),
    TOCSIN_OPTION(struct lookup_options, bearer, 0, NULL, "the key that is shown"),
    TOCSIN_OPTION(struct lookup_options, deadline, 0, NULL, "for all tries together"),
    TOCSIN_OPTION(struct lookup_options, timeout, 0, NULL, "for one try"),
};

/* A preset may be changed in one thing; every other look-up must say where to ask. */
void lookups_shape(json_t *document)
{
    json_t *other = shape_map();
    const char *type;

    shape_add_options(other, &OPTION_TABLE(lookup_options));
    shape_narrow(other, "get", SHAPE_HTTP);
    shape_narrow(other, "as", "^[A-Za-z0-9_-]+$");
    json_t *preset = json_deep_copy(other);
    json_object_set_new(other, "required", json_pack("[s]", "get"));
    json_t *names = shape_of_names(other, "changes to the look-ups, and more types");
    json_object_set_new(names, "properties", json_object());
    for (size_t i = 0; (type = preset_type(i)); i++)
        json_object_set(json_object_get(names, "properties"), type, preset);
    json_decref(preset);
    shape_set(document, "enrich", names, false);
}

/* One entry of `enrich` while it is read. */
struct reading {
    const struct yaml *map;
    const char *subject;
    struct problems *problems;
};

struct config_lookup *lookup_add(struct config *config)
{
    size_t size = (config->lookup_count + 1) * sizeof *config->lookups;

    config->lookups = mem_resize(config->lookups, size);
    struct config_lookup *lookup = &config->lookups[config->lookup_count++];
    *lookup = (struct config_lookup){0};
    return lookup;
}

static struct config_lookup *lookup_find(struct config *config, const char *type)
{
    for (size_t i = 0; i < config->lookup_count; i++)
        if (strcmp(config->lookups[i].type, type) == 0)
            return &config->lookups[i];
    return NULL;
}

/* The URL with a letter for each {{...}}, so that it can be taken apart. */
static char *without_parts(const char *get)
{
    struct buf plain = {0};

    for (const char *at = get; *at;) {
        const char *end = strncmp(at, "{{", 2) == 0 ? strstr(at, "}}") : NULL;
        buf_putc(&plain, end ? 'x' : *at);
        at = end ? end + 2 : at + 1;
    }
    return buf_take(&plain);
}

/* What decides where the request, and the key with it, goes: all before the path. */
static size_t origin_len(const char *get)
{
    const char *scheme = strstr(get, "://");
    const char *host = scheme ? scheme + 3 : get;

    return (size_t)(host - get) + strcspn(host, "/?#");
}

static const char *get_fault(const char *get)
{
    const char *part = strstr(get, "{{");
    auto_free char *plain = without_parts(get);
    struct locator locator;
    const char *fault = locator_split(plain, &locator);

    if (part && (size_t)(part - get) < origin_len(get))
        return "scheme and host must be literal: an event may not choose where the key is sent";
    if (fault)
        return fault;
    if (!locator_has_scheme(&locator, "http") && !locator_has_scheme(&locator, "https"))
        return "it must begin with http:// or https://";
    if (locator.user.len > 0)
        return "a user or password may not stand in it; write bearer";
    return NULL;
}

static bool has_same_origin(const char *a, const char *b)
{
    return origin_len(a) == origin_len(b) && strncasecmp(a, b, origin_len(a)) == 0;
}

/* A preset's key stays with the preset's host. */
static void set_get(
    struct config_lookup *lookup, struct lookup_options *options, const struct reading *reading)
{
    const char *fault = get_fault(options->get);

    if (fault)
        problem_add(reading->problems, yaml_get(reading->map, "get")->place, "%s: \"get\": %s",
            reading->subject, fault);
    if (lookup->get && !has_same_origin(lookup->get, options->get))
        secret_finish(&lookup->bearer);
    free(lookup->get);
    lookup->get = take_text(&options->get);
}

/* These names rules and templates know already. */
static bool is_taken(const char *name)
{
    static const char *const names[] = {"type", "action", "id", "time", "thread", "hook", "changed",
        "title", "text", "level", "urgency", "entity", "status", "source", "target", "rule", "link",
        "facts", "attributes", "metadata", "body"};

    for (size_t i = 0; i < LENGTH(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void check_as(const struct config_lookup *lookup, const struct reading *reading)
{
    const struct yaml *node = yaml_get(reading->map, "as");
    struct place place = node ? node->place : lookup->place;
    size_t len = strspn(lookup->as, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789_-");

    if (len == 0 || lookup->as[len])
        problem_add(reading->problems, place,
            "%s: \"as\" must be a name of letters, digits, _ and -", reading->subject);
    else if (is_taken(lookup->as))
        problem_add(reading->problems, place,
            "%s: \"as\": every event has a name like this one already; write another",
            reading->subject);
}

static void set_duration(int64_t *target, struct tocsin_duration duration, const char *key,
    const struct reading *reading)
{
    const struct yaml *node = yaml_get(reading->map, key);

    if (!node)
        return;
    if (duration.ms == 0 && option_is_readable(node, TOCSIN_DURATION))
        problem_add(reading->problems, node->place, "%s: \"%s\" must be longer than 0",
            reading->subject, key);
    *target = duration.ms;
}

static void replace_text(char **target, const char **text)
{
    if (!*text)
        return;
    free(*target);
    *target = take_text(text);
}

/* What is written takes the place of what the look-up had. */
static void lookup_change(
    struct config_lookup *lookup, struct lookup_options *options, const struct reading *reading)
{
    if (*options->get)
        set_get(lookup, options, reading);
    replace_text(&lookup->pick, &options->pick);
    if (lookup->pick && !*lookup->pick) {
        free(lookup->pick);
        lookup->pick = NULL;
    }
    replace_text(&lookup->as, &options->as);
    check_as(lookup, reading);
    if (options->bearer.value) {
        secret_finish(&lookup->bearer);
        lookup->bearer.hidden = take_text(&options->bearer.value);
    }
    set_duration(&lookup->deadline_ms, options->deadline, "deadline", reading);
    set_duration(&lookup->timeout_ms, options->timeout, "timeout", reading);
}

static struct config_lookup *lookup_new(struct config *config, const struct yaml *key)
{
    struct config_lookup *lookup = lookup_add(config);

    lookup->type = text_copy(key->text);
    lookup->as = text_copy(key->text);
    lookup->deadline_ms = default_deadline_ms;
    lookup->timeout_ms = default_timeout_ms;
    return lookup;
}

void lookup_warn_plain(const struct config_lookup *lookup, const char *subject, struct place place,
    struct problems *problems)
{
    auto_free char *plain = without_parts(lookup->get);
    struct locator locator;

    if (!locator_split(plain, &locator) && locator_has_scheme(&locator, "http") &&
        !locator_is_loopback(&locator))
        problem_warn(problems, place, "%s: %s over plain http, readable for everybody on the way",
            subject, lookup->bearer.hidden ? "the key goes" : "what is looked up comes");
}

/* The look-up that the entry changes, or a new one; NULL where it says too little for that. */
static struct config_lookup *lookup_for(struct config *config, const struct yaml_entry *entry,
    const struct lookup_options *options, const struct reading *reading)
{
    struct config_lookup *lookup = lookup_find(config, entry->key->text);

    if (lookup)
        return lookup;
    if (*options->get)
        return lookup_new(config, entry->key);
    problem_add(
        reading->problems, entry->value->place, "%s: \"get\" is required", reading->subject);
    return NULL;
}

static void lookup_read(
    struct config *config, const struct yaml_entry *entry, struct problems *problems)
{
    auto_free char *subject = text_format("enrich %s", entry->key->text);
    const struct reading reading = {entry->value, subject, problems};
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = subject};
    const struct option_table table = OPTION_TABLE(lookup_options);
    struct lookup_options options = {0};
    struct config_lookup *lookup = NULL;

    if (options_read(&table, entry->value, &options, &context))
        lookup = lookup_for(config, entry, &options, &reading);
    if (lookup) {
        lookup->place = entry->key->place;
        lookup_change(lookup, &options, &reading);
        if (yaml_get(entry->value, "get") || yaml_get(entry->value, "bearer"))
            lookup_warn_plain(lookup, subject, entry->key->place, problems);
    }
    options_finish(&table, &options);
}

void lookups_read(struct config *config, struct problems *problems)
{
    const struct yaml *map = yaml_get(config->document, "enrich");

    if (!is_map_of_names(map, "enrich", problems))
        return;
    for (size_t i = 0; i < map->count; i++)
        if (check_name(map->entries[i].key, "look-up", problems))
            lookup_read(config, &map->entries[i], problems);
}
