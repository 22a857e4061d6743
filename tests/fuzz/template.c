/* Any bytes as a template: it is refused with a place and a reason, or rendered within the limits.
 * The first byte is the flavour; every partial is the template itself. */
#include <assert.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "message/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Short names, so that they are come upon. */
static const char names[] =
    "{\"a\": {\"b\": [1, -2.5, null, true, {\"c\": \"<@all> & \\\"x\\\"\"}], \"t\": 1795428000},"
    " \"l\": [[1, 2], [], [\"a\", [\"b\"]]], \"e\": \"\", \"n\": null, \"f\": false,"
    " \"t\": \"2026-11-23T10:00:00Z\", \"s\": \"* line 1\\nline 2 \\u00e9\\u5999\"}";

static const struct template *find_itself(const char *name, void *arg)
{
    (void)name;
    return arg;
}

static void mention(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    size_t *depth = arg;

    assert(*name && line > 0 && column > 0);
    *depth += kind == MENTION_SECTION || kind == MENTION_INVERTED;
    assert(kind != MENTION_END || *depth > 0);
    *depth -= kind == MENTION_END;
}

static void render(struct template *template, enum flavour flavour, json_t *root)
{
    const struct template_scope scope = {
        .root = root,
        .partial = find_itself,
        .arg = template,
        .flavour = flavour,
        .now_ms = 1795428000000,
    };
    struct template_fault fault = {0};
    struct buf out = {0};
    size_t depth = 0;

    template_visit(template, mention, &depth);
    assert(depth == 0);
    if (template_render(template, &scope, &out, &fault)) {
        assert(out.len <= 256 << 10 && !fault.reason);
        assert(utf8_is_valid(buf_text(&out), out.len));
    } else {
        assert(out.len == 0 && fault.reason && fault.line > 0 && fault.column > 0);
    }
    template_fault_finish(&fault);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct template_fault fault = {0};

    if (size == 0)
        return 0;
    struct template *template = template_compile((const char *)data + 1, size - 1, &fault);
    json_t *root = json_loads(names, 0, NULL);
    if (template)
        render(template, data[0] % (FLAVOUR_URL + 1), root);
    else
        assert(fault.reason && fault.line > 0 && fault.column > 0);
    template_destroy(template);
    template_fault_finish(&fault);
    json_decref(root);
    return 0;
}
