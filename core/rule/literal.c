#include "rule/literal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml.h"
#include "event/value.h"

static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);

    return value ? value : json_string(""); /* libyaml lets nothing pass that is no UTF-8 */
}

/* A whole number that no 64 bits hold stays the text of its digits, as in posted documents. */
static json_t *number_json(const char *text)
{
    double number;

    if (strpbrk(text, ".eE"))
        return number_parse(text, &number) ? json_real(number) : text_json(text);
    errno = 0;
    long long whole = strtoll(text, NULL, 10);
    return errno ? text_json(text) : json_integer(whole);
}

static json_t *scalar_json(const struct yaml *node)
{
    double number;

    if (node->quoted)
        return text_json(node->text);
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return json_boolean(node->text[0] == 't');
    return number_parse(node->text, &number) ? number_json(node->text) : text_json(node->text);
}

json_t *literal_json(const struct yaml *node)
{
    json_t *whole;

    switch (node->kind) {
    case YAML_SCALAR:
        return scalar_json(node);
    case YAML_LIST:
        whole = json_array();
        for (size_t i = 0; i < node->count; i++)
            json_array_append_new(whole, literal_json(node->items[i]));
        return whole;
    case YAML_MAP:
        whole = json_object();
        for (size_t i = 0; i < node->count; i++)
            json_object_set_new(
                whole, node->entries[i].key->text, literal_json(node->entries[i].value));
        return whole;
    default:
        return json_null();
    }
}
