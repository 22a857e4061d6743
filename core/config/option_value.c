#include "config/option_value.h"

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
#include "config/filename.h"
#include "config/options.h"
#include "config/locator.h"
#include "config/yaml.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* What every reader needs. */
struct reading {
    const struct tocsin_option *option;
    const struct option_context *context;
};

struct value_type {
    const char *name;
    const char *expected; /* for errors, with an example */
    size_t size;
    bool (*read)(const struct reading *reading, const struct yaml *node, void *member);
    void (*finish)(void *member); /* NULL: nothing to free */
};

static const struct value_type *type_of(uint32_t type);

static const char *subject_of(const struct reading *reading)
{
    return reading->context->subject ? reading->context->subject : "";
}

/* Adds the problem in the one form that they all have. Always false. */
static bool refuse_shown(const struct reading *reading, const struct yaml *node,
    const char *expected, const char *shown, const char *hint)
{
    const char *subject = subject_of(reading);

    problem_add(reading->context->problems, node->place, "%s%s\"%s\" must be %s, not %s%s%s",
        subject, *subject ? ": " : "", reading->option->name, expected, shown, hint ? "; " : "",
        hint ? hint : "");
    return false;
}

/* No secret comes here as a text: texts are what it must be. */
static bool refuse(
    const struct reading *reading, const struct yaml *node, const char *expected, const char *hint)
{
    assert(reading->option->type != TOCSIN_SECRET || node->kind != YAML_SCALAR);
    bool is_hidden = (reading->option->flags & TOCSIN_HIDDEN) != 0;
    auto_free char *shown = is_hidden ? text_copy(yaml_describe(node)) : yaml_show(node);

    return refuse_shown(reading, node, expected, shown, hint);
}

static bool refuse_type(const struct reading *reading, const struct yaml *node, const char *hint)
{
    return refuse(reading, node, type_of(reading->option->type)->expected, hint);
}

/* The same for what stands in a list or map, or is the option's whole value. */
static bool refuse_part(const struct reading *reading, const struct yaml *node)
{
    bool is_inside = reading->option->type == TOCSIN_LIST || reading->option->type == TOCSIN_MAP;
    auto_free char *shown = text_format("%s in it", yaml_describe(node));

    if (!is_inside)
        return refuse_type(reading, node, NULL);
    return refuse_shown(reading, node, type_of(reading->option->type)->expected, shown, NULL);
}

/* The text stays out of it: a URL holds keys as often as not. */
static bool refuse_url(const struct reading *reading, const struct yaml *node, const char *why)
{
    const char *subject = subject_of(reading);

    problem_add(reading->context->problems, node->place,
        "%s%s\"%s\" must be a URL such as https://host.example/path: %s", subject,
        *subject ? ": " : "", reading->option->name, why);
    return false;
}

static bool check_url(const struct reading *reading, const struct yaml *node)
{
    struct locator locator;
    const char *fault = locator_split(node->text, &locator);

    if (fault)
        return refuse_url(reading, node, fault);
    if (locator.user.len > 0 && reading->option->type != TOCSIN_SECRET)
        return refuse_url(
            reading, node, "a user or password may not stand in it, since it is shown");
    return true;
}

/* A copy of the text, the option's own or one in its list or map, as its flags want it; NULL for an
 * empty URL or path. */
static bool copy_text(const struct reading *reading, const struct yaml *node, char **copy)
{
    uint32_t flags = reading->option->flags;

    if (node->kind != YAML_SCALAR)
        return refuse_part(reading, node);
    if (node->text[0] == '\0' && (flags & (TOCSIN_URL | TOCSIN_PATH)))
        return true;
    if ((flags & TOCSIN_URL) && !check_url(reading, node))
        return false;
    *copy = flags & TOCSIN_PATH ? filename_absolute(node->text, node->place.file)
                                : text_copy(node->text);
    if ((flags & TOCSIN_HIDDEN) && reading->context->secrets)
        secrets_add_parts(reading->context->secrets, *copy);
    return true;
}

static bool read_text(const struct reading *reading, const struct yaml *node, void *member)
{
    return copy_text(reading, node, member);
}

static void wipe(const char *text)
{
    char *own = (char *)(uintptr_t)text;

    if (own)
        explicit_bzero(own, strlen(own));
    free(own);
}

static void finish_text(void *member)
{
    const char **text = member;

    wipe(*text);
    *text = NULL;
}

static bool read_secret(const struct reading *reading, const struct yaml *node, void *member)
{
    struct secrets *secrets = reading->context->secrets;
    char *text = NULL;

    if (node->kind == YAML_SCALAR && node->text[0] == '\0')
        return true;
    if (!copy_text(reading, node, &text))
        return false;
    ((struct tocsin_secret *)member)->value = text;
    if (secrets && (reading->option->flags & TOCSIN_URL))
        secrets_add_url(secrets, text);
    else if (secrets)
        secrets_add(secrets, text);
    return true;
}

static void finish_secret(void *member)
{
    finish_text(&((struct tocsin_secret *)member)->value);
}

static bool read_bool(const struct reading *reading, const struct yaml *node, void *member)
{
    static const char *const yes[] = {"yes", "on", "y", "1"}, *const no[] = {"no", "off", "n", "0"};
    const char *text = node->kind == YAML_SCALAR ? node->text : "";

    *(bool *)member = strcasecmp(text, "true") == 0;
    if (*(bool *)member || strcasecmp(text, "false") == 0)
        return true;
    for (size_t i = 0; i < LENGTH(yes); i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return refuse_type(reading, node, "write true");
        if (strcasecmp(text, no[i]) == 0)
            return refuse_type(reading, node, "write false");
    }
    return refuse_type(reading, node, NULL);
}

static bool read_int(const struct reading *reading, const struct yaml *node, void *member)
{
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || *end || !isdigit((unsigned char)text[text[0] == '-']))
        return refuse_type(reading, node, NULL);
    *(int64_t *)member = value;
    return true;
}

/* 5 is not 5 seconds: it may have been meant as minutes. */
static bool read_duration(const struct reading *reading, const struct yaml *node, void *member)
{
    if (node->kind == YAML_SCALAR &&
        duration_parse(node->text, &((struct tocsin_duration *)member)->ms))
        return true;
    bool is_number = node->kind == YAML_SCALAR && node->text[0] &&
                     strspn(node->text, "0123456789") == strlen(node->text);
    return refuse_type(reading, node, is_number ? "a unit is missing" : NULL);
}

static bool read_size(const struct reading *reading, const struct yaml *node, void *member)
{
    if (node->kind == YAML_SCALAR && size_parse(node->text, &((struct tocsin_size *)member)->bytes))
        return true;
    return refuse_type(reading, node, NULL);
}

/* The words of a choice; both the list and the text it points into are the caller's to free. */
static const char **split_words(const char *words, char **text, size_t *count)
{
    const char **list = mem_alloc((strlen(words) / 2 + 1) * sizeof *list);
    char *rest = NULL;

    *text = text_copy(words);
    *count = 0;
    for (char *word = strtok_r(*text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        list[(*count)++] = word;
    return list;
}

static bool refuse_choice(
    const struct reading *reading, const struct yaml *node, const char *const *words, size_t count)
{
    auto_buf struct buf expected = {0}, hint = {0};
    const char *nearest = node->kind == YAML_SCALAR ? nearest_word(node->text, words, count) : NULL;

    for (size_t i = 0; i < count; i++)
        buf_printf(&expected, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
    if (nearest)
        buf_printf(&hint, "did you mean \"%s\"?", nearest);
    return refuse(reading, node, buf_text(&expected), nearest ? buf_text(&hint) : NULL);
}

static bool read_choice(const struct reading *reading, const struct yaml *node, void *member)
{
    auto_free char *text = NULL;
    size_t count;
    auto_free const char **words = split_words(reading->option->choices, &text, &count);

    for (size_t i = 0; i < count && node->kind == YAML_SCALAR; i++) {
        if (strcmp(words[i], node->text) == 0) {
            ((struct tocsin_choice *)member)->index = (uint32_t)i;
            return true;
        }
    }
    return refuse_choice(reading, node, words, count);
}

static bool read_items(const struct reading *reading, const struct yaml *const *nodes, size_t count,
    struct tocsin_list *list)
{
    const char **items = mem_alloc((count + 1) * sizeof *items);
    bool ok = true;

    list->items = items;
    for (size_t i = 0; i < count; i++) {
        char *copy = NULL;
        ok = !nodes[i]->is_faulty && copy_text(reading, nodes[i], &copy) && ok;
        if (copy)
            items[list->count++] = copy;
    }
    return ok;
}

/* One text is a list of one. */
static bool read_list(const struct reading *reading, const struct yaml *node, void *member)
{
    if (node->kind == YAML_LIST)
        return read_items(reading, (const struct yaml *const *)node->items, node->count, member);
    if (node->kind == YAML_SCALAR)
        return read_items(reading, &node, 1, member);
    return refuse_type(reading, node, NULL);
}

static void finish_list(void *member)
{
    struct tocsin_list *list = member;

    for (size_t i = 0; i < list->count; i++)
        wipe(list->items[i]);
    free((void *)(uintptr_t)list->items);
    *list = (struct tocsin_list){0};
}

static bool read_map(const struct reading *reading, const struct yaml *node, void *member)
{
    struct tocsin_map *map = member;
    bool ok = true;

    if (node->kind != YAML_MAP)
        return refuse_type(reading, node, NULL);
    struct tocsin_pair *pairs = mem_alloc((node->count + 1) * sizeof *pairs);
    map->items = pairs;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_entry *entry = &node->entries[i];
        char *copy = NULL;
        ok = !entry->value->is_faulty && copy_text(reading, entry->value, &copy) && ok;
        if (copy)
            pairs[map->count++] = (struct tocsin_pair){text_copy(entry->key->text), copy};
    }
    return ok;
}

static void finish_map(void *member)
{
    struct tocsin_map *map = member;

    for (size_t i = 0; i < map->count; i++) {
        wipe(map->items[i].key);
        wipe(map->items[i].value);
    }
    free((void *)(uintptr_t)map->items);
    *map = (struct tocsin_map){0};
}

static const struct value_type types[] = {
    [TOCSIN_TEXT] = {"text", "a text", sizeof(const char *), read_text, finish_text},
    [TOCSIN_SECRET] = {"secret", "a text", sizeof(struct tocsin_secret), read_secret,
        finish_secret},
    [TOCSIN_BOOL] = {"bool", "true or false", sizeof(bool), read_bool, NULL},
    [TOCSIN_INT] = {"int", "a whole number such as 10", sizeof(int64_t), read_int, NULL},
    [TOCSIN_DURATION] = {"duration", "a duration such as 250ms, 5s, 10m, 2h or 7d",
        sizeof(struct tocsin_duration), read_duration, NULL},
    [TOCSIN_SIZE] = {"size", "a size such as 512, 64k, 1m or 2g", sizeof(struct tocsin_size),
        read_size, NULL},
    [TOCSIN_CHOICE] = {"choice", "one of its words", sizeof(struct tocsin_choice), read_choice,
        NULL},
    [TOCSIN_LIST] = {"list", "a list of texts such as [one, two]", sizeof(struct tocsin_list),
        read_list, finish_list},
    [TOCSIN_MAP] = {"map", "a map of texts such as {name: value}", sizeof(struct tocsin_map),
        read_map, finish_map},
};

/* NULL for an unknown type. */
static const struct value_type *type_of(uint32_t type)
{
    return type > 0 && type < LENGTH(types) ? &types[type] : NULL;
}

const char *option_type_name(uint32_t type)
{
    return type_of(type) ? type_of(type)->name : NULL;
}

size_t option_value_size(uint32_t type)
{
    return type_of(type) ? type_of(type)->size : 0;
}

bool option_value_read(const struct tocsin_option *option, const struct yaml *node,
    const struct option_context *context, void *member)
{
    const struct reading reading = {option, context};

    return type_of(option->type)->read(&reading, node, member);
}

bool option_is_readable(const struct yaml *node, uint32_t type)
{
    auto_problems struct problems problems = {0};
    const struct option_context context = {.problems = &problems};
    const struct tocsin_option option = {.name = "", .type = type};
    auto_free void *member = mem_alloc(option_value_size(type));

    if (!node)
        return true;
    bool ok = !node->is_faulty && option_value_read(&option, node, &context, member);
    option_value_finish(&option, member);
    return ok;
}

bool option_value_fall_back(const struct tocsin_option *option, const struct yaml *like,
    const struct option_context *context, void *member)
{
    if (!option->fallback)
        return true;
    if (option->type == TOCSIN_LIST || option->type == TOCSIN_MAP) {
        auto_yaml struct yaml *node = yaml_load_text(
            like->place.file, option->fallback, strlen(option->fallback), context->problems);
        return node && option_value_read(option, node, context, member);
    }
    auto_free char *text = text_copy(option->fallback);
    const struct yaml node = {.kind = YAML_SCALAR, .text = text, .place = like->place};
    return option_value_read(option, &node, context, member);
}

void option_value_finish(const struct tocsin_option *option, void *member)
{
    const struct value_type *type = type_of(option->type);

    if (type->finish)
        type->finish(member);
}
