#include "rule/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/line.h"
#include "event/value.h"
#include "event/view.h"
#include "rule/glob.h"

enum {
    longest_shown = 60, /* bytes of a text in a description */
    most_shown = 4,     /* elements of a list */
};

static const char *const operation_names[] = {
    "eq", "ne", "in", "gt", "gte", "lt", "lte", "exists", "contains", "glob"};

const char *operation_name(enum operation operation)
{
    return operation_names[operation];
}

bool operation_parse(const char *name, enum operation *operation)
{
    for (size_t i = 0; i < sizeof operation_names / sizeof *operation_names; i++) {
        if (strcmp(name, operation_names[i]) == 0) {
            *operation = (enum operation)i;
            return true;
        }
    }
    return false;
}

static void comparison_finish(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        operand_finish(&comparison->operands[i]);
    free(comparison->operands);
}

void test_finish(struct test *test)
{
    path_finish(&test->path);
    for (size_t i = 0; i < test->count; i++)
        comparison_finish(&test->comparisons[i]);
    free(test->comparisons);
    *test = (struct test){0};
}

static bool equals_any(const struct comparison *comparison, const json_t *value)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (operand_equals(&comparison->operands[i], value))
            return true;
    return false;
}

static bool is_in_order(enum operation operation, int order)
{
    switch (operation) {
    case OP_GT:
        return order > 0;
    case OP_GTE:
        return order >= 0;
    case OP_LT:
        return order < 0;
    default:
        return order <= 0;
    }
}

/* Whether a comparison looks at a field as a whole, not at the elements of its list. */
static bool is_of_whole(enum operation operation)
{
    return operation == OP_EXISTS || operation == OP_NE;
}

static bool holds_for_element(const struct comparison *comparison, const json_t *element)
{
    char scratch[VALUE_TEXT_SIZE];
    const char *text;
    int order;

    switch (comparison->operation) {
    case OP_EXISTS:
    case OP_NE:
        return true; /* said of the whole */
    case OP_EQ:
    case OP_IN:
        return equals_any(comparison, element);
    case OP_CONTAINS:
        text = value_text(element, scratch);
        return text && strstr(text, comparison->operands->text);
    case OP_GLOB:
        text = value_text(element, scratch);
        return text && glob_match(comparison->operands->text, text);
    default:
        return operand_order(comparison->operands, element, &order) &&
               is_in_order(comparison->operation, order);
    }
}

static bool all_hold_for_element(const struct test *test, const json_t *element)
{
    for (size_t i = 0; i < test->count; i++)
        if (!holds_for_element(&test->comparisons[i], element))
            return false;
    return true;
}

static bool has_equal_element(const struct comparison *comparison, const json_t *value)
{
    size_t index;
    json_t *element;

    json_array_foreach (value, index, element) {
        if (equals_any(comparison, element))
            return true;
    }
    return equals_any(comparison, value);
}

static bool holds_for_whole(const struct comparison *comparison, const json_t *value)
{
    if (comparison->operation == OP_EXISTS)
        return (value && !json_is_null(value)) == comparison->wants_presence;
    return !has_equal_element(comparison, value);
}

static bool holds(const struct test *test, const json_t *value)
{
    size_t index, of_whole = 0;
    json_t *element;

    for (size_t i = 0; i < test->count; i++) {
        if (!is_of_whole(test->comparisons[i].operation))
            continue;
        if (!holds_for_whole(&test->comparisons[i], value))
            return false;
        of_whole++;
    }
    if (of_whole == test->count)
        return true;
    if (!json_is_array(value))
        return all_hold_for_element(test, value);
    json_array_foreach (value, index, element) {
        if (all_hold_for_element(test, element))
            return true;
    }
    return false;
}

enum verdict test_verdict(const struct test *test, const struct view *view)
{
    bool unknown;
    const json_t *value = view_get(view, &test->path, &unknown);

    if (unknown)
        return VERDICT_UNKNOWN;
    return holds(test, value) ? VERDICT_YES : VERDICT_NO;
}

/* A text from outside, in quotes and cut: what is no visible character is written as bytes, so that
 * the line can be printed anywhere. */
static void append_quoted(struct buf *out, const char *text)
{
    size_t len = strlen(text);
    enum character kind;

    buf_putc(out, '"');
    for (size_t at = 0, step; at < len; at += step) {
        if (at >= longest_shown) {
            buf_puts(out, "...");
            break;
        }
        step = character_next(text + at, len - at, &kind);
        if (kind == CHARACTER_NEWLINE)
            buf_puts(out, "\\n");
        else if (kind != CHARACTER_VISIBLE)
            for (size_t i = 0; i < step; i++)
                buf_printf(out, "\\x%02x", (unsigned char)text[at + i]);
        else if (text[at] == '"' || text[at] == '\\')
            buf_printf(out, "\\%c", text[at]);
        else
            buf_append(out, text + at, step);
    }
    buf_putc(out, '"');
}

static void append_scalar(struct buf *out, const json_t *value)
{
    char scratch[VALUE_TEXT_SIZE];

    if (json_is_string(value))
        append_quoted(out, json_string_value(value));
    else if (value_text(value, scratch))
        buf_puts(out, value_text(value, scratch));
    else if (json_is_null(value))
        buf_puts(out, "null");
    else
        buf_puts(out, json_is_object(value) ? "an object" : "a list");
}

static void append_value(struct buf *out, const json_t *value)
{
    size_t index;
    json_t *element;

    if (!json_is_array(value)) {
        append_scalar(out, value);
        return;
    }
    buf_putc(out, '[');
    json_array_foreach (value, index, element) {
        if (index > 0)
            buf_puts(out, ", ");
        if (index == most_shown) {
            buf_puts(out, "...");
            break;
        }
        append_scalar(out, element);
    }
    buf_putc(out, ']');
}

static void append_operand(struct buf *out, const struct operand *operand)
{
    one_line_append(out, operand->text, strlen(operand->text));
}

static void append_comparison(struct buf *out, const struct comparison *comparison)
{
    buf_printf(out, "%s ", operation_name(comparison->operation));
    if (comparison->operation == OP_EXISTS) {
        buf_puts(out, comparison->wants_presence ? "true" : "false");
        return;
    }
    if (comparison->operation != OP_IN) {
        append_operand(out, comparison->operands);
        return;
    }
    buf_putc(out, '[');
    for (size_t i = 0; i < comparison->count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        append_operand(out, &comparison->operands[i]);
    }
    buf_putc(out, ']');
}

void test_describe(const struct test *test, const struct view *view, struct buf *out)
{
    bool unknown;
    const json_t *value = view_get(view, &test->path, &unknown);

    one_line_append(out, test->path.text, strlen(test->path.text));
    buf_puts(out, ": ");
    for (size_t i = 0; i < test->count; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        append_comparison(out, &test->comparisons[i]);
    }
    if (unknown) {
        buf_puts(out, " (unknown: the look-up failed)");
    } else if (!value) {
        buf_puts(out, " (absent)");
    } else {
        buf_puts(out, " (was ");
        append_value(out, value);
        buf_putc(out, ')');
    }
}
