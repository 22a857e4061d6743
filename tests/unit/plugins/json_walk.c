#include "../cmocka_setup.h"

#include "json_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

enum {
    MAX_DEPTH = 32
};

json_t *json_parse(const char *body, size_t len)
{
    json_error_t error;
    json_t *document = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);

    if (!document)
        fail_msg("not JSON: %s at %d", error.text, error.position);
    return document;
}

json_t *json_at(const json_t *root, const char *path)
{
    auto_free char *steps = text_copy(path);
    const json_t *at = root;
    char *rest = steps;

    for (char *step; at && (step = strsep(&rest, ".")) != NULL;) {
        if (json_is_array(at))
            at = json_array_get(at, strtoul(step, NULL, 10));
        else
            at = json_object_get(at, step);
    }
    return (json_t *)at;
}

const char *json_text_at(const json_t *root, const char *path)
{
    const char *text = json_string_value(json_at(root, path));

    if (!text)
        fail_msg("no text at %s", path);
    return text;
}

static void visit_at(
    const json_t *value, const char *path, visit_string *visit, void *context, int depth)
{
    const char *name;
    json_t *member;
    size_t i;

    assert_true(depth < MAX_DEPTH);
    if (json_is_array(value))
        json_array_foreach (value, i, member)
            visit_at(member, path, visit, context, depth + 1);
    if (json_is_object(value))
        json_object_foreach ((json_t *)value, name, member) {
            if (json_is_string(member))
                visit(value, name, json_string_value(member), context);
            else
                visit_at(member, name, visit, context, depth + 1);
        }
}

void json_visit_strings(const json_t *root, visit_string *visit, void *context)
{
    visit_at(root, "", visit, context, 0);
}

bool json_has_null(const json_t *root)
{
    auto_free char *text = json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY);

    return strstr(text, ":null") || strstr(text, "[null") || strstr(text, ",null");
}
