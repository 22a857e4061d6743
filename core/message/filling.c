#include "message/filling.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "event/document.h"
#include "event/path.h"
#include "message/template.h"

/* The names of a template, held against those of the data. */
struct inspection {
    const json_t *data;
    size_t depth; /* sections: what is named in them may be theirs */
    struct error *error;
    bool is_fine;
};

static bool refuse_at(struct error *error, struct template_fault *fault)
{
    error_set(error, "line %zu, column %zu: %s", fault->line, fault->column, fault->reason);
    template_fault_finish(fault);
    return false;
}

static bool take_template(struct filling *filling, const char *text, struct error *error)
{
    struct template_fault fault = {0};

    if (filling->text && strcmp(filling->text, text) == 0)
        return true;
    filling_finish(filling);
    filling->template = template_compile(text, strlen(text), &fault);
    if (!filling->template)
        return refuse_at(error, &fault);
    filling->text = text_copy(text);
    return true;
}

static char *nearest_member(const json_t *data, const char *name)
{
    auto_free const char **names = mem_alloc((json_object_size(data) + 1) * sizeof *names);
    const char *key;
    json_t *value;
    size_t count = 0;

    json_object_foreach ((json_t *)data, key, value)
        names[count++] = key;
    const char *nearest = nearest_word(name, names, count);
    return nearest ? text_format("; did you mean \"%s\"?", nearest) : text_copy("");
}

static void check_name(struct inspection *inspection, const char *name, size_t line, size_t column)
{
    struct path path;

    if (!json_is_object(inspection->data) || !path_init(&path, name, NULL))
        return;
    if (!json_object_get(inspection->data, path.parts[0])) {
        auto_free char *hint = nearest_member(inspection->data, path.parts[0]);
        inspection->is_fine = error_set(inspection->error,
            "line %zu, column %zu: there is no \"%s\"%s", line, column, path.parts[0], hint);
    }
    path_finish(&path);
}

static void on_mention(
    enum template_mention kind, const char *name, size_t line, size_t column, void *arg)
{
    struct inspection *inspection = arg;

    if (!inspection->is_fine)
        return;
    if (kind == MENTION_END) {
        inspection->depth--;
        return;
    }
    if (kind == MENTION_PARTIAL)
        inspection->is_fine = error_set(inspection->error,
            "line %zu, column %zu: {{>%s}}: there are no partials here", line, column, name);
    else if (inspection->depth == 0)
        check_name(inspection, name, line, column);
    if (kind == MENTION_SECTION || kind == MENTION_INVERTED)
        inspection->depth++;
}

static bool check_names(const struct template *template, const json_t *data, struct error *error)
{
    struct inspection inspection = {.data = data, .error = error, .is_fine = true};

    template_visit(template, on_mention, &inspection);
    return inspection.is_fine;
}

static bool check_json(const struct buf *result, struct error *error)
{
    json_error_t fault;
    auto_json json_t *document =
        json_loadb(buf_text(result), result->len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &fault);

    if (document)
        return true;
    document_describe_fault(&fault, error);
    return error_wrap(error, "makes no JSON");
}

static bool fill(const struct template *template, const json_t *data, int64_t now_ms,
    struct buf *result, struct error *error)
{
    const struct template_scope scope = {.root = data, .flavour = FLAVOUR_JSON, .now_ms = now_ms};
    struct template_fault fault = {0};

    if (!check_names(template, data, error))
        return false;
    if (!template_render(template, &scope, result, &fault))
        return refuse_at(error, &fault);
    return check_json(result, error);
}

char *filling_make(struct filling *filling, const char *template, const char *data, int64_t now_ms,
    struct error *error)
{
    auto_json json_t *document = json_loads(data, JSON_DECODE_ANY, NULL);
    auto_buf struct buf result = {0};

    if (!document) {
        error_set(error, "the data is no JSON");
        return NULL;
    }
    if (take_template(filling, template, error) &&
        fill(filling->template, document, now_ms, &result, error))
        return buf_take(&result);
    /* It may quote a name, which may have anything in it, and is one line wherever it is printed.
     */
    if (error)
        utf8_blank_controls(error->text);
    return NULL;
}

void filling_finish(struct filling *filling)
{
    template_destroy(filling->template);
    free(filling->text);
    *filling = (struct filling){0};
}
