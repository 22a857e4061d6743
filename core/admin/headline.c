#include "admin/headline.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "enrich/enricher.h"
#include "event/document.h"
#include "event/event.h"
#include "event/view.h"
#include "store/journal.h"

/* Where the configuration is not at hand: a service that wraps its objects calls the wrap so. */
static const char *wrap_of(const struct store_loaded_object *object)
{
    auto_json json_t *answer = document_parse(object->bytes, object->len, NULL);

    return json_is_object(json_object_get(answer, "data")) ? "data" : NULL;
}

static struct looked_up *load_object(const struct store_loaded *loaded)
{
    if (loaded->object_count == 0)
        return NULL;
    const struct store_loaded_object *object = &loaded->objects[0];
    return looked_up_create(object->name, object->status, object->bytes, object->len,
        object->bytes ? wrap_of(object) : NULL);
}

static json_t *title_of(const struct event *event, const struct store_loaded *loaded)
{
    struct looked_up *looked_up = load_object(loaded);
    const struct enrichment enrichment = {
        .name = looked_up ? looked_up->name : NULL,
        .object = looked_up ? looked_up->object : NULL,
    };
    const struct view_context context = {
        .event_id = "", .hook = loaded->hook, .accepted_ms = loaded->at_ms};
    struct view *view = view_create(event, &enrichment, looked_up ? 1 : 0, &context);
    json_t *title = json_incref(json_object_get(view->root, "title"));

    view_destroy(view);
    looked_up_release(looked_up);
    return title;
}

json_t *headline_json(const struct store_loaded *loaded)
{
    auto_error struct error error = {0};
    struct event *event = event_parse(loaded->body, loaded->body_len, &error);
    json_t *title = event ? title_of(event, loaded) : NULL;

    event_destroy(event);
    return title ? title : json_null();
}
