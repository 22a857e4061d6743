/* `hooks`: the paths that accept posts. A path is a password: no message may show it. */
#include "config/config-private.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/units.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

/* The last part of the path that stands in Sekoia's documentation of notification webhooks, for
 * everybody to read. */
#define PUBLIC_EXAMPLE "67a7472b-b43c-415d-b1ce-c135fb1dfb0e"

enum {
    shortest_unguessable = 16, /* 64 bits, as hex digits */
    smallest_body = 1 << 10,
    largest_body = 16 << 20,
    shortest_silence_ms = 1000,
};

struct hook_options {
    struct tocsin_choice from;
    struct tocsin_secret path;
    struct tocsin_size max_body;
    struct tocsin_duration alarm_if_silent;
    const char *rate;
};

static const struct tocsin_option hook_options[] = {
    TOCSIN_WORDS(struct hook_options, from, TOCSIN_REQUIRED, NULL, "sekoia", "who posts there"),
    TOCSIN_OPTION(struct hook_options, path, TOCSIN_REQUIRED, NULL, "the secret path"),
    TOCSIN_OPTION(struct hook_options, max_body, 0, "256k", "larger posts are refused"),
    TOCSIN_OPTION(struct hook_options, alarm_if_silent, 0, NULL,
        "an alarm is raised when nothing was accepted for so long"),
    TOCSIN_OPTION(struct hook_options, rate, 0, "off", "how many posts: 1000/s, 600/m, off"),
};

void hooks_shape(json_t *document)
{
    json_t *hook = shape_map();

    shape_add_options(hook, &OPTION_TABLE(hook_options));
    shape_narrow(hook, "path", "^(/[A-Za-z0-9._~-]+)+$");
    shape_narrow(hook, "rate", "^(0*[1-9][0-9]*/[smh]|off)$");
    shape_set(hook, "auth", hook_auth_shape(), false);
    shape_set(hook, "allow", networks_shape("the networks that senders may be in"), false);
    shape_set(document, "hooks", shape_of_names(hook, "the paths that accept posts"), false);
}

/* Unreserved characters and slashes (RFC 3986): whatever would be percent-encoded on the way could
 * come back in another form. */
static bool is_path(const char *path)
{
    if (path[0] != '/')
        return false;
    while (*path == '/') {
        size_t len = strspn(++path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-._~");
        if (len == 0 || strncmp(path, ".", len) == 0 || strncmp(path, "..", len) == 0)
            return false;
        path += len;
    }
    return *path == '\0';
}

static bool is_public_example(const char *path)
{
    size_t len = strlen(path), tail = strlen(PUBLIC_EXAMPLE);

    return len >= tail && strcasecmp(path + len - tail, PUBLIC_EXAMPLE) == 0;
}

static void check_path(
    const struct config_hook *hook, struct place place, struct problems *problems)
{
    if (!is_path(hook->path))
        problem_add(problems, place,
            "hook %s: \"path\" must begin with / and hold only letters, digits, - . _ ~ between "
            "single slashes",
            hook->name);
    else if (is_public_example(hook->path))
        problem_add(problems, place,
            "hook %s: this path stands in the vendor's public documentation, so it is no secret; "
            "make a random one, as `tocsin init` does",
            hook->name);
    else if (strlen(strrchr(hook->path, '/') + 1) < shortest_unguessable)
        problem_warn(problems, place,
            "hook %s: the last part of \"path\" is shorter than 16 characters and may be guessed; "
            "make a random one, as `tocsin init` does",
            hook->name);
}

static void check_body(
    const struct config_hook *hook, const struct yaml *map, struct problems *problems)
{
    const struct yaml *node = yaml_get(map, "max_body");

    if (node && option_is_readable(node, TOCSIN_SIZE) &&
        (hook->max_body < smallest_body || hook->max_body > largest_body))
        problem_add(
            problems, node->place, "hook %s: \"max_body\" must lie within 1k and 16m", hook->name);
}

static void check_silence(
    const struct config_hook *hook, const struct yaml *map, struct problems *problems)
{
    const struct yaml *node = yaml_get(map, "alarm_if_silent");

    if (node && option_is_readable(node, TOCSIN_DURATION) &&
        hook->alarm_if_silent_ms < shortest_silence_ms)
        problem_add(
            problems, node->place, "hook %s: \"alarm_if_silent\" must be 1s or longer", hook->name);
}

static void set_rate(struct config_hook *hook, const struct yaml *map, const char *written,
    struct problems *problems)
{
    const struct yaml *node = yaml_get(map, "rate");

    if (!written || rate_parse(written, &hook->rate) || !node)
        return;
    auto_free char *shown = yaml_show(node);
    problem_add(problems, node->place,
        "hook %s: \"rate\" must be like 1000/s, 600/m or off, not %s", hook->name, shown);
}

static void check_unique(const struct config *config, const struct config_hook *hook,
    struct place place, struct problems *problems)
{
    for (const struct config_hook *other = config->hooks; other < hook; other++)
        if (strcmp(other->path, hook->path) == 0)
            problem_add(problems, place, "hook %s: its path is that of hook %s too", hook->name,
                other->name);
}

static void add_hook(struct config *config, const struct yaml_entry *entry,
    const struct hook_options *options, const struct option_context *context)
{
    struct problems *problems = context->problems;

    struct config_hook *hook = &config->hooks[config->hook_count++];
    struct place place = yaml_get(entry->value, "path")->place;

    *hook = (struct config_hook){.name = text_copy(entry->key->text),
        .path = text_copy(options->path.value),
        .max_body = options->max_body.bytes,
        .alarm_if_silent_ms = options->alarm_if_silent.ms,
        .allow = networks_read(entry->value, "allow", context->subject, problems),
        .place = entry->key->place};
    secrets_add_url(config->secrets, hook->path);
    check_path(hook, place, problems);
    check_body(hook, entry->value, problems);
    check_silence(hook, entry->value, problems);
    check_unique(config, hook, place, problems);
    set_rate(hook, entry->value, options->rate, problems);
    hook_auth_read(&hook->auth, entry->value, context->subject, context);
}

static void hook_read(
    struct config *config, const struct yaml_entry *entry, struct problems *problems)
{
    static const char *const blocks[] = {"auth", "allow", NULL};
    auto_free char *subject = text_format("hook %s", entry->key->text);
    const struct option_context context = {
        .problems = problems, .secrets = config->secrets, .subject = subject, .also = blocks};
    const struct option_table table = OPTION_TABLE(hook_options);
    struct hook_options options = {0};

    options_read(&table, entry->value, &options, &context);
    if (options.path.value)
        add_hook(config, entry, &options, &context);
    options_finish(&table, &options);
}

/* The events that tocsin raises itself say that they came by this hook. */
static bool check_not_ours(const struct yaml *key, struct problems *problems)
{
    if (strcmp(key->text, "tocsin") != 0)
        return true;
    problem_add(problems, key->place,
        "a hook may not be called \"tocsin\": that is where tocsin's own alarms come from");
    return false;
}

void hooks_read(struct config *config, struct problems *problems)
{
    const struct yaml *map = yaml_get(config->document, "hooks");

    if (!is_map_of_names(map, "hooks", problems))
        return;
    config->hooks = mem_alloc((map->count + 1) * sizeof *config->hooks);
    for (size_t i = 0; i < map->count; i++)
        if (check_name(map->entries[i].key, "hook", problems) &&
            check_not_ours(map->entries[i].key, problems))
            hook_read(config, &map->entries[i], problems);
}
