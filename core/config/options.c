#include "config/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/secret.h"
#include "base/units.h"
#include "config/problems.h"
#include "config/yaml.h"

/* One option being read: what it is, where its value goes, what is written. */
struct reading {
    const struct tocsin_option *option;
    void *member;
    const struct yaml *value;
    const struct option_context *context;
};

/* How each type is called, what a value looks like, and how large its member is. */
static const struct option_type {
    const char *name, *expected;
    size_t size;
} types[] = {
    [TOCSIN_TEXT] = {"text", "a text", sizeof(const char *)},
    [TOCSIN_SECRET] = {"secret", "a text", sizeof(struct tocsin_secret)},
    [TOCSIN_BOOL] = {"bool", "true or false", sizeof(bool)},
    [TOCSIN_INT] = {"int", "a whole number", sizeof(int64_t)},
    [TOCSIN_DURATION] = {"duration", "a duration like 250ms, 5s, 10m, 2h or 7d",
        sizeof(struct tocsin_duration)},
    [TOCSIN_SIZE] = {"size", "a size like 512, 64k, 1m or 2g", sizeof(struct tocsin_size)},
    [TOCSIN_CHOICE] = {"choice", "one of: ", sizeof(struct tocsin_choice)},
    [TOCSIN_LIST] = {"list", "a list of texts", sizeof(struct tocsin_list)},
    [TOCSIN_MAP] = {"map", "a map of texts", sizeof(struct tocsin_map)},
};

static bool is_type(uint32_t type)
{
    return type >= TOCSIN_TEXT && type <= TOCSIN_MAP;
}

const char *option_type_name(uint32_t type)
{
    return is_type(type) ? types[type].name : "unknown";
}

const struct tocsin_option *option_at(const struct option_table *table, size_t index)
{
    return (const struct tocsin_option *)((const char *)table->options + index * table->stride);
}

static void *member_at(const struct tocsin_option *option, void *config)
{
    return (char *)config + option->offset;
}

/* ---- one value ---- */

static bool report_wrong(const struct reading *reading)
{
    const struct tocsin_option *option = reading->option;
    bool is_secret = option->type == TOCSIN_SECRET;
    auto_free char *shown =
        is_secret ? text_copy(yaml_describe(reading->value)) : yaml_show(reading->value);

    if (!reading->value->is_faulty)
        problem_add(reading->context->problems, reading->value->place,
            "%s: \"%s\" must be %s%s, not %s", reading->context->subject, option->name,
            types[option->type].expected, option->type == TOCSIN_CHOICE ? option->choices : "",
            shown);
    return false;
}

static bool read_bool(const char *text, bool *value)
{
    *value = strcasecmp(text, "true") == 0;
    return *value || strcasecmp(text, "false") == 0;
}

static bool read_int(const char *text, int64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoll(text, &end, 10);
    return *text && !isspace((unsigned char)*text) && *end == '\0' && errno == 0;
}

static bool read_choice(const char *choices, const char *text, uint32_t *index)
{
    size_t len = strlen(text);

    *index = 0;
    while (*choices) {
        size_t word = strcspn(choices, " ");
        if (word == len && memcmp(choices, text, len) == 0)
            return true;
        choices += word + strspn(choices + word, " ");
        (*index)++;
    }
    return false;
}

static bool is_absolute_url(const char *text)
{
    size_t scheme =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    if (scheme == 0 || strncmp(text + scheme, "://", 3) != 0 || text[scheme + 3] == '\0')
        return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

/* Relative to the folder of the file that names it. */
static char *absolute_path(const char *path, const char *file)
{
    const char *slash = strrchr(file, '/');

    if (*path == '/' || !slash)
        return text_copy(path);
    return text_format("%.*s/%s", (int)(slash - file), file, path);
}

static bool read_text(const struct reading *reading, const char *text, const char **value)
{
    const struct tocsin_option *option = reading->option;
    struct option_context const *context = reading->context;

    if (option->flags & TOCSIN_URL && *text && !is_absolute_url(text)) {
        if (reading->value)
            problem_add(context->problems, reading->value->place,
                "%s: \"%s\" must be an absolute URL such as https://host/path", context->subject,
                option->name);
        return false;
    }
    *value = option->flags & TOCSIN_PATH && reading->value
                 ? absolute_path(text, reading->value->place.file)
                 : text_copy(text);
    if (option->type == TOCSIN_SECRET && context->secrets) {
        if (option->flags & TOCSIN_URL)
            secrets_add_url(context->secrets, text);
        else
            secrets_add(context->secrets, text);
    }
    return true;
}

/* A scalar's text into the member; false where it is no such value, reported for texts only. */
static bool read_scalar(const struct reading *reading, const char *text)
{
    void *member = reading->member;

    switch (reading->option->type) {
    case TOCSIN_TEXT:
        return read_text(reading, text, member);
    case TOCSIN_SECRET:
        return read_text(reading, text, &((struct tocsin_secret *)member)->value);
    case TOCSIN_BOOL:
        return read_bool(text, member);
    case TOCSIN_INT:
        return read_int(text, member);
    case TOCSIN_DURATION:
        return duration_parse(text, &((struct tocsin_duration *)member)->ms);
    case TOCSIN_SIZE:
        return size_parse(text, &((struct tocsin_size *)member)->bytes);
    case TOCSIN_CHOICE:
        return read_choice(
            reading->option->choices, text, &((struct tocsin_choice *)member)->index);
    default:
        return false;
    }
}

static bool read_list(const struct reading *reading)
{
    const struct yaml *value = reading->value;
    struct tocsin_list *list = reading->member;
    size_t count = value->kind == YAML_LIST ? value->count : 1;
    const char **items = mem_alloc(count * sizeof *items);

    *list = (struct tocsin_list){items, count};
    for (size_t i = 0; i < count; i++) {
        const struct yaml *item = value->kind == YAML_LIST ? value->items[i] : value;
        if (item->kind != YAML_SCALAR)
            return report_wrong(reading);
        items[i] = text_copy(item->text);
    }
    return true;
}

static bool read_map(const struct reading *reading)
{
    const struct yaml *value = reading->value;
    struct tocsin_map *map = reading->member;

    if (value->kind != YAML_MAP)
        return report_wrong(reading);
    struct tocsin_pair *pairs = mem_alloc(value->count * sizeof *pairs);
    *map = (struct tocsin_map){pairs, value->count};
    for (size_t i = 0; i < value->count; i++) {
        const struct yaml_entry *entry = &value->entries[i];
        if (entry->value->kind != YAML_SCALAR)
            return report_wrong(reading);
        pairs[i] = (struct tocsin_pair){text_copy(entry->key->text), text_copy(entry->value->text)};
    }
    return true;
}

static bool read_value(const struct reading *reading)
{
    const struct yaml *value = reading->value;
    uint32_t type = reading->option->type;

    if (type == TOCSIN_LIST && (value->kind == YAML_LIST || value->kind == YAML_SCALAR))
        return read_list(reading);
    if (type == TOCSIN_MAP)
        return read_map(reading);
    if (value->kind != YAML_SCALAR)
        return report_wrong(reading);
    if (read_scalar(reading, value->text))
        return true;
    if (type == TOCSIN_TEXT || type == TOCSIN_SECRET)
        return false; /* said already */
    return report_wrong(reading);
}

/* ---- a whole map ---- */

static bool is_empty(const struct reading *reading)
{
    const struct yaml *value = reading->value;

    return !value || value->kind == YAML_NULL ||
           (value->kind == YAML_SCALAR && *value->text == '\0') ||
           (value->kind == YAML_LIST && value->count == 0);
}

static bool read_option(const struct reading *reading, const struct yaml *map)
{
    const struct tocsin_option *option = reading->option;
    const struct option_context *context = reading->context;

    if (option->flags & TOCSIN_REQUIRED && is_empty(reading)) {
        const struct yaml *at = reading->value ? reading->value : map;
        if (!at->is_faulty)
            problem_add(context->problems, at->place, "%s: \"%s\" is required%s%s: %s",
                context->subject, option->name, reading->value ? ", and here is " : "",
                reading->value ? yaml_describe(reading->value) : "", option->help);
        return false;
    }
    if (reading->value)
        return read_value(reading);
    if (!option->fallback)
        return true;
    if (option->type == TOCSIN_LIST) {
        const char **items = mem_alloc(sizeof *items);
        *items = text_copy(option->fallback);
        *(struct tocsin_list *)reading->member = (struct tocsin_list){items, 1};
        return true;
    }
    return read_scalar(reading, option->fallback);
}

static bool is_in(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static const struct tocsin_option *find_option(const struct option_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(option_at(table, i)->name, name) == 0)
            return option_at(table, i);
    return NULL;
}

static const char *nearest_name(
    const struct option_table *table, const char *const *also, const char *name)
{
    size_t also_count = 0;

    while (also && also[also_count])
        also_count++;
    auto_free const char **names = mem_alloc((table->count + also_count) * sizeof *names);
    for (size_t i = 0; i < table->count; i++)
        names[i] = option_at(table, i)->name;
    for (size_t i = 0; i < also_count; i++)
        names[table->count + i] = also[i];
    return nearest_word(name, names, table->count + also_count);
}

static bool refuse_unknown(
    const struct option_table *table, const struct yaml *map, const struct option_context *context)
{
    bool ok = true;

    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *key = map->entries[i].key;
        if (find_option(table, key->text) || is_in(context->also, key->text))
            continue;
        const char *nearest = nearest_name(table, context->also, key->text);
        problem_add(context->problems, key->place, "%s: unknown option \"%s\"%s%s%s",
            context->subject, key->text, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
            nearest ? "\"?" : "");
        ok = false;
    }
    return ok;
}

bool options_read(const struct option_table *table, const struct yaml *map, void *config,
    const struct option_context *context)
{
    if (map->kind != YAML_MAP && map->kind != YAML_NULL) {
        problem_add(context->problems, map->place, "%s must be a map, not %s", context->subject,
            yaml_describe(map));
        return false;
    }
    bool ok = map->kind == YAML_NULL || refuse_unknown(table, map, context);
    for (size_t i = 0; i < table->count; i++) {
        const struct tocsin_option *option = option_at(table, i);
        const struct reading reading = {
            .option = option,
            .member = member_at(option, config),
            .value = yaml_get(map, option->name),
            .context = context,
        };
        bool is_read = read_option(&reading, map);
        ok = ok && is_read;
    }
    return ok;
}

static void finish_list(struct tocsin_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((char *)list->items[i]);
    free((void *)list->items);
}

static void finish_map(struct tocsin_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        free((char *)map->items[i].key);
        free((char *)map->items[i].value);
    }
    free((void *)map->items);
}

static void finish_secret(struct tocsin_secret *secret)
{
    if (secret->value)
        explicit_bzero((char *)secret->value, strlen(secret->value));
    free((char *)secret->value); /* NOLINT: the type says that this is what was allocated */
}

void options_finish(const struct option_table *table, void *config)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct tocsin_option *option = option_at(table, i);
        void *member = member_at(option, config);
        if (option->type == TOCSIN_TEXT)
            free(*(char **)member); /* NOLINT: likewise */
        else if (option->type == TOCSIN_SECRET)
            finish_secret(member);
        else if (option->type == TOCSIN_LIST)
            finish_list(member);
        else if (option->type == TOCSIN_MAP)
            finish_map(member);
        if (is_type(option->type))
            memset(member, 0, types[option->type].size);
    }
}

/* ---- a plugin's table ---- */

static bool is_option_name(const char *name)
{
    return name && *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static bool is_fallback_readable(const struct tocsin_option *option)
{
    if (option->type == TOCSIN_LIST)
        return true;
    if (option->type == TOCSIN_MAP)
        return false; /* a map has no one-line form */
    struct problems problems = {0};
    const struct option_context context = {.problems = &problems, .subject = "a default"};
    void *member = mem_alloc(types[option->type].size);
    const struct reading reading = {option, member, NULL, &context};
    struct tocsin_option moved = *option;

    bool ok = read_scalar(&reading, option->fallback);
    moved.offset = 0;
    options_finish(&(struct option_table){&moved, 1, sizeof moved}, member);
    problems_finish(&problems);
    free(member);
    return ok;
}

static char *one_option_fault(const struct tocsin_option *option, size_t config_size,
    const char *const *reserved, size_t reserved_count)
{
    if (!is_option_name(option->name))
        return text_format("option \"%s\" is not named in small letters, digits and _",
            option->name ? option->name : "");
    for (size_t i = 0; i < reserved_count; i++)
        if (strcmp(reserved[i], option->name) == 0)
            return text_format("option \"%s\" clashes with the host's own", option->name);
    if (!is_type(option->type))
        return text_format("option \"%s\" has the unknown type %u", option->name, option->type);
    if (option->offset > config_size || config_size - option->offset < types[option->type].size)
        return text_format("option \"%s\" lies outside the config struct", option->name);
    if (!option->help || !*option->help)
        return text_format("option \"%s\" has no help", option->name);
    if ((option->type == TOCSIN_CHOICE) != (option->choices != NULL))
        return text_format("option \"%s\": choices go with TOCSIN_CHOICE", option->name);
    if (option->fallback && option->flags & TOCSIN_REQUIRED)
        return text_format("option \"%s\" is required and has a default", option->name);
    if (option->fallback && !is_fallback_readable(option))
        return text_format(
            "option \"%s\": its default \"%s\" is no value of it", option->name, option->fallback);
    return NULL;
}

char *options_fault(const struct option_table *table, size_t config_size,
    const char *const *reserved, size_t reserved_count)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct tocsin_option *option = option_at(table, i);
        char *fault = one_option_fault(option, config_size, reserved, reserved_count);
        if (fault)
            return fault;
        for (size_t j = 0; j < i; j++)
            if (strcmp(option_at(table, j)->name, option->name) == 0)
                return text_format("option \"%s\" is declared twice", option->name);
    }
    return NULL;
}
