/* A template of JSON from any text, filled twice with data of the same kinds, tame and hostile:
 * where both make JSON, it has the same form. No value decides what is a member, an element or a
 * type. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "demand.h"
#include "harness.h"
#include "message/filling.h"

/* Short names, so that they are come upon. Only texts differ, and none is empty in one alone. */
static const char tame[] = "{\"a\":\"word\",\"n\":-2.5,\"z\":null,\"e\":\"\",\"t\":true,"
                           "\"l\":[\"one\",{\"k\":\"two\"},3],\"o\":{\"k\":\"three\",\"m\":[]}}";
static const char hostile[] =
    "{\"a\":\"\\\"}],\\\\{{n}}\",\"n\":-2.5,\"z\":null,\"e\":\"\",\"t\":true,"
    "\"l\":[\"\\\\\",{\"k\":\"\\\",\\\"x\\\":1\"},3],\"o\":{\"k\":\"\\n\\u0001\\u2028: "
    "1\",\"m\":[]}}";

static void demand_same_form(const json_t *one, const json_t *other);

static void demand_same_members(json_t *one, json_t *other)
{
    void *at = json_object_iter(one), *there = json_object_iter(other);

    for (; at && there; at = json_object_iter_next(one, at)) {
        demand_same_form(json_object_iter_value(at), json_object_iter_value(there));
        there = json_object_iter_next(other, there);
    }
    DEMAND(!at && !there);
}

static void demand_same_form(const json_t *one, const json_t *other)
{
    DEMAND(json_typeof(one) == json_typeof(other));
    if (json_is_object(one))
        demand_same_members((json_t *)one, (json_t *)other);
    DEMAND(json_array_size(one) == json_array_size(other));
    for (size_t i = 0; i < json_array_size(one); i++)
        demand_same_form(json_array_get(one, i), json_array_get(other, i));
    DEMAND(
        json_is_string(one) || json_is_object(one) || json_is_array(one) || json_equal(one, other));
}

/* NULL where it makes none. */
static char *fill(struct filling *filling, const char *template, const char *data)
{
    auto_error struct error error = {0};
    char *made = filling_make(filling, template, data, 1795428000000, &error);

    if (made)
        demand_utf8(made);
    else
        demand_words(error_text(&error));
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *template = text_copy_n((const char *)data, size);
    struct filling filling = {0};
    auto_free char *one = fill(&filling, template, tame);
    auto_free char *other = fill(&filling, template, hostile);

    filling_finish(&filling);
    if (!one || !other)
        return 0;
    auto_json json_t *document = json_loads(one, JSON_DECODE_ANY, NULL);
    auto_json json_t *other_document = json_loads(other, JSON_DECODE_ANY, NULL);
    DEMAND(document && other_document);
    demand_same_form(document, other_document);
    return 0;
}
