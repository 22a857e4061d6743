#include "rule/description.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "event/line.h"
#include "event/value.h"
#include "rule/condition.h"
#include "rule/subject.h"
#include "rule/test.h"

enum {
    longest_asked = 100, /* bytes of the test: what was there is to be seen beside it */
    longest_shown = 60,  /* of a text that was there */
    most_shown = 4,      /* elements of a list, members of an object */
};

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

/* A value; of what is inside of it only what kind it is. */
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

/* An object's first members, for `has`: {slug: "team", value: "red"}. */
static void append_members(struct buf *out, json_t *object)
{
    const char *key;
    json_t *member;
    size_t shown = 0;

    buf_putc(out, '{');
    json_object_foreach (object, key, member) {
        buf_puts(out, shown > 0 ? ", " : "");
        if (shown++ == most_shown) {
            buf_puts(out, "...");
            break;
        }
        one_line_append(out, key, strlen(key));
        buf_puts(out, ": ");
        append_scalar(out, member);
    }
    buf_putc(out, '}');
}

static void append_element(struct buf *out, json_t *value, bool shows_members)
{
    if (shows_members && json_is_object(value))
        append_members(out, value);
    else
        append_scalar(out, value);
}

static void append_value(struct buf *out, json_t *value, bool shows_members)
{
    size_t index;
    json_t *element;

    if (!json_is_array(value)) {
        append_element(out, value, shows_members);
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
        append_element(out, element, shows_members);
    }
    buf_putc(out, ']');
}

static void append_operands(struct buf *out, const struct comparison *comparison)
{
    bool is_list = comparison->operation == OP_IN || comparison->count > 1;

    buf_puts(out, is_list ? "[" : "");
    for (size_t i = 0; i < comparison->count; i++) {
        const char *text = comparison->operands[i].text;
        buf_puts(out, i > 0 ? ", " : "");
        one_line_append(out, text, strlen(text));
    }
    buf_puts(out, is_list ? "]" : "");
}

static void append_condition(struct buf *out, const struct condition *condition);

static void append_test(struct buf *out, const struct test *test)
{
    one_line_append(out, test->path.text, strlen(test->path.text));
    buf_puts(out, ": ");
    for (size_t i = 0; i < test->count; i++) {
        const struct comparison *comparison = &test->comparisons[i];
        buf_printf(out, "%s%s ", i > 0 ? ", " : "", operation_name(comparison->operation));
        if (comparison->operation == OP_EXISTS) {
            buf_puts(out, comparison->wants_presence ? "true" : "false");
        } else if (comparison->operation == OP_HAS) {
            buf_putc(out, '{');
            append_condition(out, comparison->condition);
            buf_putc(out, '}');
        } else {
            append_operands(out, comparison);
        }
    }
}

static void append_condition(struct buf *out, const struct condition *condition)
{
    static const char *const open[] = {"", "any [{", "not {", ""};
    static const char *const between[] = {", ", "}, {", "", ""};
    static const char *const close[] = {"", "}]", "}", ""};

    if (condition->kind == CONDITION_TEST) {
        append_test(out, &condition->test);
        return;
    }
    buf_puts(out, open[condition->kind]);
    for (size_t i = 0; i < condition->count; i++) {
        buf_puts(out, i > 0 ? between[condition->kind] : "");
        append_condition(out, &condition->children[i]);
    }
    buf_puts(out, close[condition->kind]);
}

static bool asks_inside(const struct test *test)
{
    for (size_t i = 0; i < test->count; i++)
        if (test->comparisons[i].operation == OP_HAS)
            return true;
    return false;
}

/* Asks again, for what a search ran into. */
static void append_limit(struct buf *out, const struct test *test, const struct subject *subject)
{
    struct give_ups give_ups = {0};
    struct subject again = *subject;

    again.give_ups = &give_ups;
    test_verdict(test, &again);
    if (give_ups.limit)
        buf_printf(out, "; gave up after %s: counts as no match", give_ups.limit);
}

static void cut(struct buf *out, size_t start, size_t longest)
{
    if (out->len - start <= longest)
        return;
    out->len = start + utf8_cut(out->data + start, out->len - start, longest);
    buf_puts(out, "...");
}

void test_describe(const struct test *test, const struct subject *subject, struct buf *out)
{
    bool unknown;
    json_t *value = subject_get(subject, &test->path, &unknown);
    size_t start = out->len;

    append_test(out, test);
    cut(out, start, longest_asked);
    if (unknown) {
        buf_puts(out, " (unknown: the look-up failed)");
    } else if (!value) {
        buf_puts(out, " (absent)");
    } else {
        buf_puts(out, " (was ");
        append_value(out, value, asks_inside(test));
        append_limit(out, test, subject);
        buf_putc(out, ')');
    }
}
