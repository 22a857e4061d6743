#include "cloudevent.h"

#include <string.h>

#include <tocsin/sink.h>

#include "../shared/document.h"
#include "../shared/text.h"
#include "header.h"

enum {
    MOST_ATTRIBUTES = 6,
    USUAL_ENVELOPE = 512,
};

struct attribute {
    const char *name, *value;
};

/* The source names this hook of this daemon; source and id together are the event's own. */
static const char *source_of(struct tocsin_call *call)
{
    const char *hook = call->message->hook;

    return hook && *hook
               ? call->host->format(call, "/tocsin/hooks/%s", percent_encode(call, hook, true))
               : "/tocsin";
}

static const char *type_of(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;

    return call->host->format(
        call, "tocsin.%s%s%s", message->type, *message->action ? "." : "", message->action);
}

/* Without those that are optional and not known. Returns how many there are. */
static size_t find_attributes(struct tocsin_call *call, struct attribute found[MOST_ATTRIBUTES])
{
    const struct tocsin_message *message = call->message;
    const struct attribute all[MOST_ATTRIBUTES] = {
        {"specversion", "1.0"},
        {"id", message->delivery},
        {"source", source_of(call)},
        {"type", type_of(call)},
        {"time", document_time(call, message->time_ms)},
        {"subject", message->thread},
    };
    size_t count = 0;

    for (size_t i = 0; i < MOST_ATTRIBUTES; i++)
        if (all[i].value && *all[i].value)
            found[count++] = all[i];
    return count;
}

/* The data goes in as it is, numbers to their last digit. */
const char *cloudevent_text(struct tocsin_call *call, const char *data)
{
    struct attribute attributes[MOST_ATTRIBUTES];
    size_t count = find_attributes(call, attributes);
    auto_json json_t *object = json_object();
    struct tocsin_request whole = {0};

    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, attributes[i].name, text_json(call, attributes[i].value));
    json_object_set_new(object, "datacontenttype", json_string("application/json"));
    json_send(call, object, USUAL_ENVELOPE, &whole);
    size_t len = strlen(whole.body) - 1; /* without its brace */
    char *text = call->host->alloc(call, len + strlen(data) + sizeof ",\"data\":}");
    stpcpy(stpcpy(stpcpy(mempcpy(text, whole.body, len), ",\"data\":"), data), "}");
    return text;
}

void cloudevent_add_headers(struct tocsin_call *call, struct header_list *headers)
{
    struct attribute attributes[MOST_ATTRIBUTES];
    size_t count = find_attributes(call, attributes);

    for (size_t i = 0; i < count; i++)
        header_add(call, headers, call->host->format(call, "ce-%s", attributes[i].name),
            percent_encode(call, attributes[i].value, false));
}
