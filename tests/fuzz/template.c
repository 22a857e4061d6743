/* A template from any text: refused with a place and a reason, or rendered within its limits in
 * every flavour. Each of its partials is the template itself. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "demand.h"
#include "harness.h"
#include "message/message.h"
#include "message/template.h"
#include "places.h"

enum {
    longest_result = 256 << 10,
};

/* Short names, so that they are come upon. */
static const char names[] =
    "{\"a\":{\"b\":[1,-2.5,null,true,{\"c\":\"<@all> & \\\"x\\\"\"}],\"t\":1795428000},"
    "\"l\":[[1,2],[],[\"a\",[\"b\"]]],\"e\":\"\",\"n\":null,\"f\":false,"
    "\"t\":\"2026-11-23T10:00:00Z\",\"s\":\"* line 1\\nline 2 \\u00e9\\u5999\"}";

/* What template_visit() told so far. */
struct visit {
    const struct places *places;
    size_t depth;
};

static const struct template *find_itself(const char *name, void *arg)
{
    DEMAND(*name);
    return arg;
}

static void on_mention(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    struct visit *visit = arg;

    DEMAND(*name);
    places_offset(visit->places, line, column);
    if (kind == MENTION_END) {
        DEMAND_OF(visit->depth > 0, name);
        visit->depth--;
    }
    visit->depth += kind == MENTION_SECTION || kind == MENTION_INVERTED;
}

static void demand_mentions(const struct template *template, const struct places *places)
{
    struct visit visit = {.places = places};

    template_visit(template, on_mention, &visit);
    DEMAND(visit.depth == 0);
}

static void demand_fault(const struct template_fault *fault, const struct places *places)
{
    demand_words(fault->reason);
    places_offset(places, fault->line, fault->column);
}

/* It appends, or leaves alone what is there. */
static void render(struct template *template, enum flavour flavour, const json_t *root,
    const struct places *places)
{
    static const char before[] = "before ";
    const struct template_scope scope = {
        .root = root,
        .partial = find_itself,
        .arg = template,
        .flavour = flavour,
        .now_ms = 1795428000000,
    };
    struct template_fault fault = {0};
    auto_buf struct buf out = {0};

    buf_puts(&out, before);
    bool is_rendered = template_render(template, &scope, &out, &fault);
    DEMAND(strncmp(out.data, before, sizeof before - 1) == 0);
    DEMAND(out.len <= sizeof before - 1 + longest_result);
    DEMAND(is_rendered || out.len == sizeof before - 1);
    DEMAND(is_rendered == (fault.reason == NULL));
    demand_utf8(out.data);
    if (!is_rendered)
        demand_fault(&fault, places);
    template_fault_finish(&fault);
}

static void render_all(struct template *template, const struct places *places)
{
    auto_json json_t *root = demand_json(names);

    for (enum flavour flavour = FLAVOUR_PLAIN; flavour <= FLAVOUR_JSON; flavour++)
        render(template, flavour, root, places);
}

static void compile(const char *text, size_t len, const struct places *places)
{
    struct template_fault fault = {0};
    struct template *template = template_compile(text, len, &fault);

    DEMAND((template == NULL) == (fault.reason != NULL));
    if (template) {
        demand_mentions(template, places);
        render_all(template, places);
    } else {
        demand_fault(&fault, places);
    }
    template_destroy(template);
    template_fault_finish(&fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct places places;

    places_init(&places, "template", (const char *)data, size);
    compile((const char *)data, size, &places);
    places_finish(&places);
    return 0;
}
