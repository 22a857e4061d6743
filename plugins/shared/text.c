#include "text.h"

#include <stdint.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

enum {
    MAX_BYTE_COST = 6,
};

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* What jansson writes for one byte: \" \\ \b \f \n \r \t, \u00XX for the other controls. */
static size_t byte_cost(char byte)
{
    if (byte == '\0' || (unsigned char)byte >= 0x20)
        return byte == '"' || byte == '\\' ? 2 : 1;
    return strchr("\b\f\n\r\t", byte) ? 2 : MAX_BYTE_COST;
}

/* The bytes of the text's longest beginning within both limits, in whole code points. */
static size_t text_fit(const char *text, size_t max_runes, size_t max_cost)
{
    size_t end = 0, runes = 0, cost = 0;

    for (size_t at = 0; text[at] != '\0';) {
        do {
            cost += byte_cost(text[at++]);
        } while (is_continuation(text[at]));
        if (++runes > max_runes || cost > max_cost)
            break;
        end = at;
    }
    return end;
}

size_t text_cost(const char *text)
{
    size_t cost = 0;

    for (; *text != '\0'; text++)
        cost += byte_cost(*text);
    return cost;
}

const char *text_cut(struct tocsin_call *call, const char *text, size_t max_runes, size_t max_cost)
{
    size_t mark = strlen(ELLIPSIS), len = strlen(text);

    if (len <= max_runes && len <= max_cost / MAX_BYTE_COST)
        return text;
    if (text[text_fit(text, max_runes, max_cost)] == '\0')
        return text;
    if (max_runes == 0 || max_cost < mark)
        return "";
    len = text_fit(text, max_runes - 1, max_cost - mark);
    char *cut = call->host->alloc(call, len + mark + 1);
    stpcpy(mempcpy(cut, text, len), ELLIPSIS);
    return cut;
}

/* Outside the basic plane, where UTF-8 takes four bytes, a code point is a pair of units. */
static size_t lead_units(char byte)
{
    if (is_continuation(byte))
        return 0;
    return (unsigned char)byte >= 0xf0 ? 2 : 1;
}

size_t text_units(const char *text)
{
    size_t units = 0;

    for (; *text != '\0'; text++)
        units += lead_units(*text);
    return units;
}

size_t text_fit_units(const char *text, size_t max)
{
    size_t at = 0;

    for (size_t units = 0; text[at] != '\0'; at++) {
        units += lead_units(text[at]);
        if (units > max)
            break;
    }
    return at;
}

const char *text_cut_units(struct tocsin_call *call, const char *text, size_t max)
{
    if (text[text_fit_units(text, max)] == '\0')
        return text;
    if (max == 0)
        return "";
    return call->host->format(call, "%.*s" ELLIPSIS, (int)text_fit_units(text, max - 1), text);
}

json_t *text_json(struct tocsin_call *call, const char *text)
{
    json_t *string = json_string(text);

    if (string)
        return string;
    char *ascii = call->host->format(call, "%s", text);
    for (char *byte = ascii; *byte != '\0'; byte++)
        if ((unsigned char)*byte >= 0x80)
            *byte = '?';
    return json_string(ascii);
}

static size_t object_size(json_t *object)
{
    size_t members = json_object_size(object), size = strlen("{}") + (members ? members - 1 : 0);
    const char *name;
    json_t *value;

    json_object_foreach (object, name, value)
        size += strlen("\"\":") + text_cost(name) + json_size(value);
    return size;
}

static size_t array_size(const json_t *array)
{
    size_t elements = json_array_size(array), size = strlen("[]") + (elements ? elements - 1 : 0);

    for (size_t i = 0; i < elements; i++)
        size += json_size(json_array_get(array, i));
    return size;
}

size_t json_size(json_t *document)
{
    if (json_is_object(document))
        return object_size(document);
    if (json_is_array(document))
        return array_size(document);
    if (json_is_string(document))
        return strlen("\"\"") + text_cost(json_string_value(document));
    return json_dumpb(document, NULL, 0, JSON_ENCODE_ANY);
}

void json_send(
    struct tocsin_call *call, const json_t *document, size_t room, struct tocsin_request *request)
{
    char *body = call->host->alloc(call, room + 1);
    size_t len = json_dumpb(document, body, room, JSON_COMPACT);

    if (len > room) {
        body = call->host->alloc(call, len + 1);
        json_dumpb(document, body, len, JSON_COMPACT);
    }
    body[len] = '\0';
    request->body = body;
    request->body_len = len;
}
