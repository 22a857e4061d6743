#include "admin/parameter.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "admin/id.h"
#include "admin/moment.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/units.h"
#include "base/utf8.h"

enum {
    most_parameters = 16,
};

static bool refuse(const struct parameter *parameter, const char *wanted, struct error *error)
{
    return error_set(error, "\"%s\" must be %s", parameter->name, wanted);
}

static bool read_id(const json_t *value, enum id_kind kind, store_id *id,
    const struct parameter_context *context, struct error *error)
{
    const char *text = json_string_value(value);

    if (json_is_integer(value) && json_integer_value(value) > 0) {
        *id = json_integer_value(value);
        return true;
    }
    if (!text)
        return error_set(
            error, "an id must be a text such as %s-%c17", context->ledger, (char)kind);
    return id_parse(text, context->ledger, kind, id, error);
}

static bool read_ids(const json_t *value, enum id_kind kind, struct id_list *list,
    const struct parameter_context *context, struct error *error)
{
    const json_t *id;
    size_t i;

    if (!json_is_array(value) || json_array_size(value) == 0 || json_array_size(value) > STORE_STEP)
        return error_set(error, "\"ids\" must be a list of 1 to %d ids", STORE_STEP);
    json_array_foreach (value, i, id)
        if (!read_id(id, kind, &list->items[list->count++], context, error))
            return false;
    return true;
}

static bool read_count(const json_t *value, size_t *count)
{
    const char *text = json_string_value(value);

    if (json_is_integer(value) && json_integer_value(value) > 0) {
        *count = (size_t)json_integer_value(value);
        return true;
    }
    if (!text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
        return false;
    *count = strtoul(text, NULL, 10);
    return *count > 0;
}

static bool read_text(
    const json_t *value, const struct parameter *parameter, int64_t now_ms, struct error *error)
{
    const char *text = json_string_value(value);

    if (!text)
        return refuse(parameter, "a text", error);
    if (parameter->kind == PARAMETER_TEXT)
        *(const char **)parameter->target = text;
    else if (parameter->kind == PARAMETER_MOMENT && !moment_parse(text, now_ms, parameter->target))
        return refuse(parameter, "a time such as 2026-11-25T20:00:00Z, or how long ago: 2h", error);
    else if (parameter->kind == PARAMETER_DURATION && !duration_parse(text, parameter->target))
        return refuse(parameter, "a duration such as 30m or 2h", error);
    return true;
}

static bool read_value(const json_t *value, const struct parameter *parameter,
    const struct parameter_context *context, struct error *error)
{
    switch (parameter->kind) {
    case PARAMETER_TEXT:
    case PARAMETER_MOMENT:
    case PARAMETER_DURATION:
        return read_text(value, parameter, context->now_ms, error);
    case PARAMETER_BOOL:
        if (!json_is_boolean(value))
            return refuse(parameter, "true or false", error);
        *(bool *)parameter->target = json_is_true(value);
        return true;
    case PARAMETER_COUNT:
        return read_count(value, parameter->target) || refuse(parameter, "a number over 0", error);
    case PARAMETER_EVENT:
        return read_id(value, ID_EVENT, parameter->target, context, error);
    case PARAMETER_DELIVERY:
        return read_id(value, ID_DELIVERY, parameter->target, context, error);
    case PARAMETER_NOTIFICATION:
        return read_id(value, ID_NOTIFICATION, parameter->target, context, error);
    case PARAMETER_EVENTS:
        return read_ids(value, ID_EVENT, parameter->target, context, error);
    case PARAMETER_DELIVERIES:
        return read_ids(value, ID_DELIVERY, parameter->target, context, error);
    case PARAMETER_NOTIFICATIONS:
        return read_ids(value, ID_NOTIFICATION, parameter->target, context, error);
    }
    return false;
}

static bool refuse_unknown(
    const char *name, const struct parameter *table, size_t count, struct error *error)
{
    const char *names[most_parameters];

    for (size_t i = 0; i < count && i < most_parameters; i++)
        names[i] = table[i].name;
    const char *nearest =
        nearest_word(name, names, count < most_parameters ? count : most_parameters);
    if (nearest)
        return error_set(error, "unknown parameter \"%.40s\"; did you mean \"%s\"?", name, nearest);
    return error_set(error, "unknown parameter \"%.40s\"", name);
}

bool parameters_read(const json_t *given, const struct parameter *table, size_t count,
    const struct parameter_context *context, struct error *error)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)given, name, value) {
        size_t i = 0;
        while (i < count && strcmp(table[i].name, name) != 0)
            i++;
        if (i == count)
            return refuse_unknown(name, table, count, error);
        if (!json_is_null(value) && !read_value(value, &table[i], context, error))
            return false;
    }
    return true;
}

json_t *parameters_of_query(const char *uri)
{
    const char *query = strchr(uri, '?');
    struct evkeyvalq pairs;
    const struct evkeyval *pair;
    json_t *object = json_object();

    if (!query || !query[1])
        return object;
    if (evhttp_parse_query_str(query + 1, &pairs) < 0) {
        json_decref(object);
        return NULL;
    }
    TAILQ_FOREACH (pair, &pairs, next) {
        auto_free char *name = utf8_repair(pair->key, strlen(pair->key), NULL);
        auto_free char *value = utf8_repair(pair->value, strlen(pair->value), NULL);
        json_object_set_new(object, name, json_string(value));
    }
    evhttp_clear_headers(&pairs);
    return object;
}
