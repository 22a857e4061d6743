#include "cmd/json_layout.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

enum {
    line_width = 160, /* beside its indent */
    indent_width = 2,
    deepest = 24,
};

static void new_line(struct buf *out, int depth)
{
    buf_printf(out, "\n%*s", depth * indent_width, "");
}

static void lay_out(const json_t *value, struct buf *out, int depth);

static void lay_out_array(const json_t *array, struct buf *out, int depth)
{
    const json_t *item;
    size_t i;

    buf_putc(out, '[');
    json_array_foreach (array, i, item) {
        if (i > 0)
            buf_putc(out, ',');
        new_line(out, depth + 1);
        lay_out(item, out, depth + 1);
    }
    new_line(out, depth);
    buf_putc(out, ']');
}

static void lay_out_object(json_t *object, struct buf *out, int depth)
{
    const char *key;
    json_t *member;
    bool is_first = true;

    buf_putc(out, '{');
    json_object_foreach (object, key, member) {
        auto_json json_t *name = json_string(key);
        auto_free char *quoted = json_dumps(name, JSON_ENCODE_ANY);
        if (!is_first)
            buf_putc(out, ',');
        is_first = false;
        new_line(out, depth + 1);
        buf_printf(out, "%s: ", quoted);
        lay_out(member, out, depth + 1);
    }
    new_line(out, depth);
    buf_putc(out, '}');
}

static void lay_out(const json_t *value, struct buf *out, int depth)
{
    auto_free char *line = json_dumps(value, JSON_ENCODE_ANY);

    if (strlen(line) <= line_width || depth == deepest ||
        !(json_is_array(value) || json_is_object(value)))
        buf_puts(out, line);
    else if (json_is_array(value))
        lay_out_array(value, out, depth);
    else
        lay_out_object((json_t *)value, out, depth);
}

void json_layout(const json_t *value, struct buf *out)
{
    lay_out(value, out, 0);
}
