/* The happy path is jansson alone, without a copy. Only what it refuses is repaired and parsed
 * again, so that a well-formed document costs nothing for the sake of a broken one. */
#include "event/document.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/utf8.h"
#include "event/value.h"

enum {
    deepest = 512, /* levels; far below what the recursions over a document can bear */
};

static bool is_deeper_than(json_t *value, int levels)
{
    const char *key;
    json_t *member;
    size_t index;

    if (!json_is_object(value) && !json_is_array(value))
        return false;
    if (levels == 0)
        return true;
    json_object_foreach (value, key, member) {
        if (is_deeper_than(member, levels - 1))
            return true;
    }
    json_array_foreach (value, index, member) {
        if (is_deeper_than(member, levels - 1))
            return true;
    }
    return false;
}

/* The four hexadecimal digits of \uXXXX; -1 where the text is no such escape. */
static int32_t escaped_unit(const char *at)
{
    if (at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++)
        if (!isxdigit((unsigned char)at[i]))
            return -1;
    char hex[] = {at[2], at[3], at[4], at[5], '\0'};
    return (int32_t)strtol(hex, NULL, 16);
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Copies the escape at `at`, made harmless; returns what follows it. */
static const char *repair_escape(const char *at, struct buf *out)
{
    int32_t unit = escaped_unit(at);

    if (unit == 0)
        return at + 6;
    if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(at + 6))) {
        buf_append(out, at, 12);
        return at + 12;
    }
    if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
        buf_puts(out, "\\ufffd");
        return at + 6;
    }
    size_t len = at[1] == '\0' ? 1 : 2;
    buf_append(out, at, len);
    return at + len;
}

static const char *repair_string(const char *at, struct buf *out)
{
    buf_putc(out, *at++);
    while (*at && *at != '"') {
        if (*at == '\\')
            at = repair_escape(at, out);
        else if ((unsigned char)*at < 0x20)
            buf_printf(out, "\\u%04x", (unsigned)*at++);
        else
            buf_putc(out, *at++);
    }
    if (*at)
        buf_putc(out, *at++);
    return at;
}

static bool is_out_of_range(const char *number, size_t span)
{
    for (size_t i = 0; i < span; i++)
        if (strchr(".eE", number[i]))
            return isinf(strtod(number, NULL));
    errno = 0;
    return strtoll(number, NULL, 10), errno == ERANGE;
}

static const char *repair_number(const char *at, struct buf *out)
{
    size_t span = number_span(at);

    if (span == 0) {
        buf_putc(out, *at);
        return at + 1;
    }
    const char *quote = is_out_of_range(at, span) ? "\"" : "";
    buf_puts(out, quote);
    buf_append(out, at, span);
    buf_puts(out, quote);
    return at + span;
}

static void repair(const char *bytes, size_t len, struct buf *out)
{
    auto_free char *clean = utf8_repair(bytes, len, NULL);

    for (const char *at = clean; *at;) {
        if (*at == '"')
            at = repair_string(at, out);
        else if (*at == '-' || isdigit((unsigned char)*at))
            at = repair_number(at, out);
        else
            buf_putc(out, *at++);
    }
}

static json_t *load(const char *bytes, size_t len, json_error_t *fault)
{
    return json_loadb(bytes, len, JSON_DECODE_ANY, fault);
}

/* jansson quotes the place of the fault as it stands there, cut at a byte: hence the repair. */
void document_describe_fault(const json_error_t *fault, struct error *error)
{
    auto_free char *words = utf8_repair(fault->text, strlen(fault->text), NULL);

    utf8_blank_controls(words);
    if (json_error_code(fault) == json_error_stack_overflow)
        error_set(error, "nested deeper than %d levels", deepest);
    else
        error_set(error, "line %d, column %d: %s", fault->line, fault->column, words);
}

json_t *document_parse(const char *bytes, size_t len, struct error *error)
{
    size_t mark = utf8_mark(bytes, len);
    json_error_t fault;

    bytes += mark;
    len -= mark;
    auto_json json_t *document = load(bytes, len, &fault);
    if (!document && json_error_code(&fault) != json_error_stack_overflow) {
        auto_buf struct buf repaired = {0};
        repair(bytes, len, &repaired);
        document = load(buf_text(&repaired), repaired.len, &fault);
    }
    if (!document) {
        document_describe_fault(&fault, error);
        return NULL;
    }
    if (is_deeper_than(document, deepest)) {
        error_set(error, "nested deeper than %d levels", deepest);
        return NULL;
    }
    return TAKE(document);
}
