#include "config/shape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/options.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

/* What duration_parse(), size_parse() and the readers of config/option_value.c take. */
#define REPLACED "\\$\\{"
#define INT "^-?[0-9]+$"
#define DURATION "^(0+|[0-9]+(ms|s|m|h|d))$"
#define SIZE "^[0-9]+[kmg]?$"
#define FLAG "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
#define URL "^[A-Za-z][A-Za-z0-9+.-]*:"

json_t *shape_map(void)
{
    return json_pack("{s:s, s:{}, s:b}", "type", "object", "properties", "additionalProperties", 0);
}

void shape_set(json_t *map, const char *key, json_t *value, bool is_required)
{
    json_t *required = json_object_get(map, "required");

    json_object_set_new(json_object_get(map, "properties"), key, value);
    if (!is_required)
        return;
    if (!required) {
        required = json_array();
        json_object_set_new(map, "required", required);
    }
    json_array_append_new(required, json_string(key));
}

json_t *shape_described(json_t *shape, const char *description)
{
    json_object_set_new(shape, "description", json_string(description));
    return shape;
}

/* Before all else, where people look for it. */
json_t *shape_titled(json_t *shape, const char *title)
{
    json_t *titled = json_pack("{s:s, s:s}", "$schema", DRAFT, "title", title);

    json_object_update(titled, shape);
    json_decref(shape);
    return titled;
}

void shape_allow_extensions(json_t *map)
{
    json_object_set_new(map, "patternProperties", json_pack("{s:b}", "^x-", 1));
}

json_t *shape_or_nothing(json_t *map)
{
    json_object_set_new(map, "type", json_pack("[s, s]", "object", "null"));
    return map;
}

json_t *shape_reference(const char *definition)
{
    auto_free char *pointer = text_format("#/$defs/%s", definition);

    return json_pack("{s:s}", "$ref", pointer);
}

/* A text that is empty only where it may be left out. */
static json_t *shape_of_text(uint32_t flags)
{
    if (flags & TOCSIN_URL)
        return shape_reference(flags & TOCSIN_REQUIRED ? "url" : "url-or-empty");
    return shape_reference(flags & TOCSIN_REQUIRED ? "text" : "text-or-empty");
}

static json_t *shape_of_choice(const char *choices)
{
    auto_free char *words = text_copy(choices);
    json_t *list = json_array();
    char *rest = NULL;

    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        json_array_append_new(list, json_string(word));
    return json_pack("{s:[{s:o}, o]}", "anyOf", "enum", list, shape_reference("replaced"));
}

/* One text is a list of one. */
static json_t *shape_of_list(uint32_t flags)
{
    json_t *list = json_pack(
        "{s:s, s:o}", "type", "array", "items", shape_of_text(flags & ~(uint32_t)TOCSIN_REQUIRED));

    if (flags & TOCSIN_REQUIRED)
        json_object_set_new(list, "minItems", json_integer(1));
    return json_pack("{s:[o, o]}", "anyOf", list, shape_of_text(flags));
}

static json_t *shape_of_texts(uint32_t flags)
{
    json_t *map = json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
        shape_of_text(flags & ~(uint32_t)TOCSIN_REQUIRED));

    if (flags & TOCSIN_REQUIRED)
        json_object_set_new(map, "minProperties", json_integer(1));
    return map;
}

static json_t *shape_of_value(const struct tocsin_option *option)
{
    switch (option->type) {
    case TOCSIN_BOOL:
    case TOCSIN_INT:
    case TOCSIN_DURATION:
    case TOCSIN_SIZE:
        return shape_reference(option_type_name(option->type));
    case TOCSIN_CHOICE:
        return shape_of_choice(option->choices);
    case TOCSIN_LIST:
        return shape_of_list(option->flags);
    case TOCSIN_MAP:
        return shape_of_texts(option->flags);
    default:
        return shape_of_text(option->flags);
    }
}

/* As an editor would read what a user writes. */
static json_t *shape_of_fallback(const struct tocsin_option *option)
{
    if (option->type == TOCSIN_INT)
        return json_integer(strtoll(option->fallback, NULL, 10));
    if (option->type == TOCSIN_BOOL)
        return json_boolean(strcasecmp(option->fallback, "true") == 0);
    return json_string(option->fallback);
}

json_t *shape_of_option(const struct tocsin_option *option)
{
    json_t *shape = shape_described(shape_of_value(option), option->help);
    bool is_many = option->type == TOCSIN_LIST || option->type == TOCSIN_MAP;

    if (option->fallback && *option->fallback && !is_many)
        json_object_set_new(shape, "default", shape_of_fallback(option));
    return shape;
}

void shape_add_options(json_t *map, const struct option_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct tocsin_option *option = option_at(table, i);
        shape_set(map, option->name, shape_of_option(option),
            (option->flags & TOCSIN_REQUIRED) && !option->fallback);
    }
}

void shape_narrow(json_t *map, const char *key, const char *pattern)
{
    json_t *properties = json_object_get(map, "properties");
    json_t *narrow = json_pack("{s:s, s:[{s:s}, o]}", "type", "string", "anyOf", "pattern", pattern,
        shape_reference("replaced"));
    const json_t *description = json_object_get(json_object_get(properties, key), "description");

    json_object_set(narrow, "description", (json_t *)(uintptr_t)description);
    json_object_set_new(properties, key, narrow);
}

json_t *shape_of_names(json_t *each, const char *description)
{
    return json_pack("{s:[s, s], s:s, s:{s:s}, s:o}", "type", "object", "null", "description",
        description, "propertyNames", "pattern", "^[a-z0-9._-]{1,64}$", "additionalProperties",
        each);
}

/* What is written one way, or replaced. */
static json_t *one_of_ways(const char *type, const char *pattern, const char *description)
{
    return json_pack("{s:s, s:[{s:s}, {s:s, s:s}, o]}", "description", description, "anyOf", "type",
        type, "type", "string", "pattern", pattern, shape_reference("replaced"));
}

static json_t *text_definition(const char *description, int shortest)
{
    return json_pack("{s:s, s:[s, s, s], s:i}", "description", description, "type", "string",
        "number", "boolean", "minLength", shortest);
}

static json_t *url_definition(bool may_be_empty)
{
    return json_pack("{s:s, s:s, s:s}", "description", "a URL such as https://host.example/path",
        "type", "string", "pattern", may_be_empty ? "^$|" URL "|" REPLACED : URL "|" REPLACED);
}

json_t *shape_text_definitions(void)
{
    return json_pack("{s:o, s:o}", "text", text_definition("a text", 1), "text-or-empty",
        text_definition("a text", 0));
}

json_t *shape_definitions(void)
{
    json_t *definitions = shape_text_definitions();

    json_object_set_new(definitions, "replaced",
        json_pack("{s:s, s:s, s:s}", "description",
            "${NAME}, ${NAME:-default}, ${file:PATH} or ${cred:NAME} is replaced", "type", "string",
            "pattern", REPLACED));
    json_object_set_new(definitions, "url", url_definition(false));
    json_object_set_new(definitions, "url-or-empty", url_definition(true));
    json_object_set_new(definitions, "bool", one_of_ways("boolean", FLAG, "true or false"));
    json_object_set_new(definitions, "int", one_of_ways("integer", INT, "a whole number"));
    json_object_set_new(
        definitions, "size", one_of_ways("integer", SIZE, "a size such as 512, 64k, 1m or 2g"));
    json_object_set_new(definitions, "duration",
        json_pack("{s:s, s:[{s:i}, {s:s, s:s}, o]}", "description",
            "a duration such as 250ms, 5s, 10m, 2h or 7d", "anyOf", "const", 0, "type", "string",
            "pattern", DURATION, shape_reference("replaced")));
    return definitions;
}
