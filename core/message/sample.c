#include "message/sample.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/view.h"
#include "message/samples.h"

static struct event *make_event(const json_t *document)
{
    auto_free char *text = json_dumps(json_object_get(document, "event"), JSON_COMPACT);
    struct event *event = event_parse(text, strlen(text), NULL);

    assert(event);
    return event;
}

static struct view *make_view(const json_t *document, const struct view_context *context)
{
    json_t *object = json_object_get(document, "object");
    const struct enrichment enrichment = {
        .name = json_string_value(json_object_get(document, "as")),
        .object = json_is_object(object) ? object : NULL,
    };
    struct event *event = make_event(document);
    struct view *view = view_create(event, &enrichment, object ? 1 : 0, context);
    view_set_rule(view, "a rule");
    event_destroy(event);
    return view;
}

char *sample_export(size_t index)
{
    auto_json json_t *documents = json_loads(samples_json, 0, NULL);
    const json_t *document = json_array_get(documents, index);
    json_t *object = json_object_get(document, "object"), *objects = json_object();

    if (!document) {
        json_decref(objects);
        return NULL;
    }
    if (json_is_object(object))
        json_object_set(objects, json_string_value(json_object_get(document, "as")), object);
    struct event *event = make_event(document);
    char *text = event_export(event, "sample", "sample", json_incref(event->body), objects);
    event_destroy(event);
    return text;
}

void samples_init(struct samples *samples, const struct view_context *context)
{
    auto_json json_t *documents = json_loads(samples_json, 0, NULL);
    size_t i;
    json_t *document;

    *samples = (struct samples){
        .items = mem_alloc(json_array_size(documents) * sizeof *samples->items),
        .count = json_array_size(documents),
    };
    json_array_foreach (documents, i, document)
        samples->items[i] = (struct sample){
            .name = text_copy(json_string_value(json_object_get(document, "name"))),
            .view = make_view(document, context),
        };
    assert(samples->count > 0);
}

void samples_finish(struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++) {
        free(samples->items[i].name);
        view_destroy(samples->items[i].view);
    }
    free(samples->items);
    *samples = (struct samples){0};
}
