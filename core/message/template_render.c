/* Renders a compiled template. The data comes from outside, so all that it could make grow is
 * counted: depth, output, and work, for lists in lists that show nothing take time all the same. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "message/escape.h"
#include "message/json_slot.h"
#include "message/template-private.h"

enum {
    deepest_partial = 32,
    deepest = 256, /* sections and partials together */
    longest_result = 256 << 10,
    most_work = 4 << 20, /* about the bytes that are looked at */
    work_of_node = 16,
};

struct rendering {
    const struct template_scope *scope;
    struct buf *out;
    size_t start; /* of the result in out */
    struct json_slot slot;
    struct template_fault *fault;
    const json_t *contexts[deepest + 1];
    size_t context_count;
    size_t depth, partial_depth;
    const char *partial;       /* the innermost one's name, NULL outside of any */
    const struct node *origin; /* the outermost one's tag */
    size_t work;
};

/* A row of nodes of one template, and the indentation of its lines. */
struct range {
    const struct template *template;
    size_t from, to;
    const char *indent;
};

static bool render_range(struct rendering *rendering, const struct range *range);

/* Always false. */
__attribute__((format(printf, 3, 4))) static bool fail(
    struct rendering *rendering, const struct node *node, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *reason = text_vformat(format, args);
    va_end(args);
    if (rendering->partial) {
        auto_free char *inner = reason;
        reason = text_format("in partial \"%s\", line %zu, column %zu: %s", rendering->partial,
            node->line, node->column, inner);
        node = rendering->origin;
    }
    template_fault_set(rendering->fault, node->line, node->column, reason);
    return false;
}

static bool may_render(struct rendering *rendering, const struct node *node)
{
    rendering->work += work_of_node;
    if (rendering->depth > deepest)
        return fail(rendering, node, "sections and partials nest deeper than %d", deepest);
    if (rendering->work > most_work)
        return fail(
            rendering, node, "it takes too long: its sections go through too many elements");
    return true;
}

static bool is_short_enough(struct rendering *rendering, const struct node *node)
{
    return rendering->out->len - rendering->start <= longest_result ||
           fail(rendering, node, "the result is longer than %d KiB", longest_result >> 10);
}

/* The first part of a name is looked for from the innermost context outwards, the others only in
 * what it has. */
static const json_t *look_up(const struct rendering *rendering, const struct node *node)
{
    const json_t *value = NULL;

    if (node->path.count == 0)
        return rendering->contexts[rendering->context_count - 1];
    struct path first = {.parts = node->path.parts, .count = 1};
    struct path others = {.parts = node->path.parts + 1, .count = node->path.count - 1};
    for (size_t i = rendering->context_count; i-- > 0 && !value;) {
        value = path_get(&first, rendering->contexts[i]);
        if (node->is_local)
            break;
    }
    return value && others.count > 0 ? path_get(&others, value) : value;
}

static bool is_true(const json_t *value)
{
    if (json_is_array(value))
        return json_array_size(value) > 0;
    if (json_is_string(value))
        return json_string_length(value) > 0;
    return value && !json_is_null(value) && !json_is_false(value);
}

static void put_text(
    struct rendering *rendering, const struct node *node, const char *text, size_t len)
{
    if (node->is_raw)
        buf_append(rendering->out, text, len);
    else
        escape_append(rendering->out, rendering->scope->flavour, text, len);
}

/* What is JSON already is put as it is where a value belongs. */
static bool put_json(struct rendering *rendering, const struct node *node, const json_t *value)
{
    struct buf *out = rendering->out;
    struct json_slot *slot = &rendering->slot;

    json_slot_move(slot, buf_text(out) + rendering->start, out->len - rendering->start);
    if (slot->is_escaped)
        return fail(rendering, node, "no value can stand behind a back-slash");
    if (!slot->in_string && formats_make_json(&node->formats))
        buf_puts(out, json_string_value(value));
    else
        json_slot_put(slot, value, out);
    return true;
}

static bool render_value(struct rendering *rendering, const struct node *node)
{
    const struct template_scope *scope = rendering->scope;
    struct format_use use = {.now_ms = scope->now_ms};
    auto_json json_t *value = formats_apply(&node->formats, look_up(rendering, node), &use);
    auto_free char *made = NULL;
    char scratch[VALUE_TEXT_SIZE];

    const char *text = format_text(value, scratch, &made);
    size_t len = strlen(text);
    rendering->work += use.work + len;
    if (scope->flavour == FLAVOUR_JSON)
        return put_json(rendering, node, value);
    put_text(rendering, node, text, len);
    return true;
}

static bool render_inside(
    struct rendering *rendering, const struct range *range, const json_t *context)
{
    rendering->work += work_of_node;
    rendering->contexts[rendering->context_count++] = context;
    bool ok = render_range(rendering, range);
    rendering->context_count--;
    return ok;
}

static bool render_section(
    struct rendering *rendering, const struct node *node, const struct range *inside)
{
    const json_t *value = look_up(rendering, node), *element;
    size_t i;

    if (node->kind == NODE_INVERTED)
        return is_true(value) || render_range(rendering, inside);
    if (!json_is_array(value))
        return !is_true(value) || render_inside(rendering, inside, value);
    json_array_foreach (value, i, element)
        if (!render_inside(rendering, inside, element))
            return false;
    return true;
}

/* A partial's lines are indented by what its tag was, when it stood alone on its line. */
static bool render_partial(
    struct rendering *rendering, const struct node *node, const struct range *around)
{
    const struct template_scope *scope = rendering->scope;
    const struct template *partial = scope->partial ? scope->partial(node->name, scope->arg) : NULL;
    const char *outer = rendering->partial;
    auto_buf struct buf indent = {0};

    if (!partial)
        return true;
    if (rendering->partial_depth == deepest_partial)
        return fail(rendering, node,
            "partials nest deeper than %d; one that includes itself must end somewhere, by a "
            "section",
            deepest_partial);
    if (node->text) {
        buf_puts(&indent, around->indent);
        buf_append(&indent, node->text, node->len);
    }
    if (rendering->partial_depth++ == 0)
        rendering->origin = node;
    rendering->partial = node->name;
    const struct range whole = {
        .template = partial, .to = partial->count, .indent = buf_text(&indent)};
    bool ok = render_range(rendering, &whole);
    rendering->partial = outer;
    rendering->partial_depth--;
    return ok;
}

static bool render_node(struct rendering *rendering, const struct range *range, size_t at)
{
    const struct node *node = &range->template->nodes[at];
    const struct range inside = {range->template, at + 1, node->end, range->indent};

    switch (node->kind) {
    case NODE_TEXT:
        if (node->begins_line)
            buf_puts(rendering->out, range->indent);
        buf_append(rendering->out, node->text, node->len);
        return true;
    case NODE_VALUE:
        return render_value(rendering, node);
    case NODE_SECTION:
    case NODE_INVERTED:
        return render_section(rendering, node, &inside);
    case NODE_PARTIAL:
        return render_partial(rendering, node, range);
    case NODE_END:
        break;
    }
    assert(node->kind != NODE_END); /* a section is passed with its end */
    return false;
}

static bool render_range(struct rendering *rendering, const struct range *range)
{
    rendering->depth++;
    for (size_t i = range->from; i < range->to; i++) {
        const struct node *node = &range->template->nodes[i];
        if (!may_render(rendering, node) || !render_node(rendering, range, i) ||
            !is_short_enough(rendering, node))
            return false;
        if (node->kind == NODE_SECTION || node->kind == NODE_INVERTED)
            i = node->end;
    }
    rendering->depth--;
    return true;
}

bool template_render(const struct template *template, const struct template_scope *scope,
    struct buf *out, struct template_fault *fault)
{
    struct rendering rendering = {
        .scope = scope,
        .out = out,
        .start = out->len,
        .fault = fault,
        .contexts = {scope->root},
        .context_count = 1,
    };
    const struct range whole = {.template = template, .to = template->count, .indent = ""};

    if (render_range(&rendering, &whole))
        return true;
    out->len = rendering.start;
    if (out->data)
        out->data[out->len] = '\0';
    return false;
}
