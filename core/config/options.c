#include "config/options.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/option_value.h"
#include "config/yaml.h"

const struct tocsin_option *option_at(const struct option_table *table, size_t index)
{
    assert(index < table->count);
    return (const void *)((const char *)table->options + index * table->stride);
}

static const char *subject_of(const struct option_context *context)
{
    return context->subject ? context->subject : "";
}

static const char *colon_after(const char *subject)
{
    return *subject ? ": " : "";
}

static bool is_in(const char *const *words, const char *word)
{
    for (size_t i = 0; words && words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static bool is_option(const struct option_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(option_at(table, i)->name, name) == 0)
            return true;
    return false;
}

static const char *nearest_key(
    const struct option_table *table, const struct option_context *context, const char *key)
{
    size_t also_count = 0, count = 0;

    while (context->also && context->also[also_count])
        also_count++;
    auto_free const char **words = mem_alloc((table->count + also_count + 1) * sizeof *words);
    for (size_t i = 0; i < table->count; i++)
        words[count++] = option_at(table, i)->name;
    for (size_t i = 0; i < also_count; i++)
        words[count++] = context->also[i];
    return nearest_word(key, words, count);
}

/* `plugin:syslog`: to YAML that is a key without a value. */
static const char *find_run_on(const struct option_table *table, const struct yaml_entry *entry)
{
    const char *key = entry->key->text;
    size_t len = strcspn(key, ":");

    if (key[len] != ':' || entry->value->kind != YAML_NULL)
        return NULL;
    for (size_t i = 0; i < table->count; i++) {
        const char *name = option_at(table, i)->name;
        if (strlen(name) == len && strncmp(name, key, len) == 0)
            return name;
    }
    return NULL;
}

/* Says what is wrong with a key that nobody knows. */
static void report_unknown(const struct option_table *table, const struct yaml_entry *entry,
    const struct option_context *context)
{
    const struct yaml *key = entry->key;
    const char *subject = subject_of(context);
    const char *run_on = find_run_on(table, entry);
    const char *nearest = run_on ? run_on : nearest_key(table, context, key->text);
    auto_free char *shown = yaml_show(key);
    auto_free char *hint = run_on    ? text_format("; a blank is missing after \"%s:\"", run_on)
                           : nearest ? text_format("; did you mean \"%s\"?", nearest)
                                     : text_copy("");

    problem_add(context->problems, key->place, "%s%sunknown key %s%s", subject,
        colon_after(subject), shown, hint);
}

/* Whether some key of the map is no known one and is likely meant to be this: what is wrong with it
 * is told, so that it is not told to be missing too. */
static bool is_misspelt(const struct option_table *table, const struct yaml *map, const char *name,
    const struct option_context *context)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        const char *key = map->entries[i].key->text;
        if (is_in(context->also, key) || is_option(table, key) || is_in(context->later, key))
            continue;
        const char *run_on = find_run_on(table, &map->entries[i]);
        const char *meant = run_on ? run_on : nearest_key(table, context, key);
        if (meant && strcmp(meant, name) == 0)
            return true;
    }
    return false;
}

static bool check_keys(
    const struct option_table *table, const struct yaml *map, const struct option_context *context)
{
    const char *subject = subject_of(context);
    bool ok = true;

    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *key = map->entries[i].key;
        if (is_in(context->also, key->text) || is_option(table, key->text))
            continue;
        if (is_in(context->later, key->text))
            problem_add(context->problems, key->place, "%s%s\"%s\" is not in this version yet",
                subject, colon_after(subject), key->text);
        else
            report_unknown(table, &map->entries[i], context);
        ok = false;
    }
    return ok;
}

static bool is_empty(const struct yaml *node)
{
    return node->kind == YAML_SCALAR ? node->text[0] == '\0' : node->count == 0;
}

/* Says why a required option is not there, if that is so. */
static bool check_required(const struct tocsin_option *option, const struct yaml *map,
    const struct yaml *node, const struct option_context *context)
{
    const char *subject = subject_of(context);
    const char *colon = colon_after(subject);

    if (!(option->flags & TOCSIN_REQUIRED) || (node ? !is_empty(node) : option->fallback != NULL))
        return true;
    if (!node && !map->has_lost_keys)
        problem_add(
            context->problems, map->place, "%s%s\"%s\" is required", subject, colon, option->name);
    else if (node && node->written)
        problem_add(context->problems, node->place,
            "%s%s\"%s\" is required, but the value of %s is "
            "empty",
            subject, colon, option->name, node->written);
    else if (node)
        problem_add(context->problems, node->place, "%s%s\"%s\" is required, but holds %s", subject,
            colon, option->name, node->kind == YAML_NULL ? yaml_describe(node) : "nothing");
    return false;
}

static bool value_read(const struct tocsin_option *option, const struct yaml *map, void *config,
    const struct option_context *context)
{
    const struct yaml *node = yaml_get(map, option->name);
    void *member = (char *)config + option->offset;

    if (node && node->is_faulty)
        return false;
    if (!check_required(option, map, node, context))
        return false;
    if (!node)
        return option_value_fall_back(option, map, context, member);
    return option_value_read(option, node, context, member);
}

/* The other keys are somebody else's, so that only one which is likely this is told of. */
bool option_read(const struct tocsin_option *option, const struct yaml *map, void *config,
    const struct option_context *context)
{
    const struct option_table table = {option, 1, sizeof *option};

    for (size_t i = 0; !yaml_get(map, option->name) && i < map->count; i++) {
        const char *key = map->entries[i].key->text;
        if (find_run_on(&table, &map->entries[i]) || nearest_word(key, &option->name, 1)) {
            report_unknown(&table, &map->entries[i], context);
            return false;
        }
    }
    return value_read(option, map, config, context);
}

bool options_read(const struct option_table *table, const struct yaml *map, void *config,
    const struct option_context *context)
{
    if (map->is_faulty)
        return false;
    if (map->kind != YAML_MAP && map->kind != YAML_NULL) {
        const char *subject = subject_of(context);
        problem_add(context->problems, map->place, "%s%smust be a map of options, not %s", subject,
            colon_after(subject), yaml_describe(map));
        return false;
    }
    bool ok = check_keys(table, map, context);
    for (size_t i = 0; i < table->count; i++) {
        const struct tocsin_option *option = option_at(table, i);
        bool is_missed =
            (option->flags & TOCSIN_REQUIRED) && !option->fallback && !yaml_get(map, option->name);
        if (!is_missed || !is_misspelt(table, map, option->name, context))
            ok = value_read(option, map, config, context) && ok;
    }
    return ok;
}

void options_finish(const struct option_table *table, void *config)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct tocsin_option *option = option_at(table, i);
        option_value_finish(option, (char *)config + option->offset);
    }
}
