#include "../cmocka_setup.h"

#include "rendering.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "message/template.h"

struct scene {
    json_t *data, *partials;
    struct template *compiled[16]; /* the partials, in the object's order */
};

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY, &error);

    if (!value)
        fail_msg("the test's own JSON is wrong: %s in %s", error.text, text);
    return value;
}

static struct template *compile(const char *text)
{
    struct template_fault fault = {0};
    struct template *template = template_compile(text, strlen(text), &fault);

    if (!template)
        fail_msg("%zu:%zu: %s, in %s", fault.line, fault.column, fault.reason, text);
    return template;
}

static void scene_init(struct scene *scene, const char *data, const char *partials)
{
    const char *name;
    json_t *text;
    size_t count = 0;

    *scene = (struct scene){.data = parse(data), .partials = parse(partials ? partials : "{}")};
    assert_true(
        json_object_size(scene->partials) <= sizeof scene->compiled / sizeof *scene->compiled);
    json_object_foreach (scene->partials, name, text)
        scene->compiled[count++] = compile(json_string_value(text));
}

static void scene_finish(struct scene *scene)
{
    for (size_t i = 0; i < json_object_size(scene->partials); i++)
        template_destroy(scene->compiled[i]);
    json_decref(scene->data);
    json_decref(scene->partials);
}

static const struct template *find_partial(const char *name, void *arg)
{
    const struct scene *scene = arg;
    const char *known;
    json_t *text;
    size_t i = 0;

    json_object_foreach (scene->partials, known, text) {
        if (strcmp(known, name) == 0)
            return scene->compiled[i];
        i++;
    }
    return NULL;
}

static bool render(const char *text, struct scene *scene, enum flavour flavour, struct buf *out,
    struct template_fault *fault)
{
    struct template *template = compile(text);
    const struct template_scope scope = {
        .root = scene->data,
        .partial = find_partial,
        .arg = scene,
        .flavour = flavour,
        .now_ms = RENDERING_NOW_MS,
    };
    bool ok = template_render(template, &scope, out, fault);

    template_destroy(template);
    return ok;
}

void assert_rendered(const struct rendering_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_buf struct buf out = {0};
        struct template_fault fault = {0};
        struct scene scene;
        scene_init(&scene, cases[i].data, cases[i].partials);
        if (!render(cases[i].template, &scene, FLAVOUR_HTML, &out, &fault))
            fail_msg("%s: %s", cases[i].name, fault.reason);
        if (strcmp(buf_text(&out), cases[i].expected) != 0)
            fail_msg(
                "%s: expected [%s], got [%s]", cases[i].name, cases[i].expected, buf_text(&out));
        scene_finish(&scene);
    }
}

char *rendered(const char *template, const char *data, enum flavour flavour)
{
    struct template_fault fault = {0};
    struct buf out = {0};
    struct scene scene;

    scene_init(&scene, data, NULL);
    if (!render(template, &scene, flavour, &out, &fault))
        fail_msg("%s: %s", template, fault.reason);
    scene_finish(&scene);
    return buf_take(&out);
}

static char *fault_text(struct template_fault *fault)
{
    char *text = text_format("%zu:%zu: %s", fault->line, fault->column, fault->reason);

    template_fault_finish(fault);
    return text;
}

char *compile_fault(const char *template)
{
    struct template_fault fault = {0};
    struct template *compiled = template_compile(template, strlen(template), &fault);

    if (compiled)
        fail_msg("compiled without a fault: %s", template);
    return fault_text(&fault);
}

char *render_fault(const char *template, const char *data, const char *partials)
{
    struct template_fault fault = {0};
    auto_buf struct buf out = {0};
    struct scene scene;

    buf_puts(&out, "before");
    scene_init(&scene, data, partials);
    if (render(template, &scene, FLAVOUR_PLAIN, &out, &fault))
        fail_msg("rendered without a fault: %s", template);
    scene_finish(&scene);
    assert_string_equal(buf_text(&out), "before"); /* nothing was added */
    return fault_text(&fault);
}
