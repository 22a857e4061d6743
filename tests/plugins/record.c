/* A render sink for tests: posts what the host said of the delivery, and judges by the default
 * table. */
#include <jansson.h>
#include <stdlib.h>
#include <tocsin/sink.h>

struct config {
    struct tocsin_secret url;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
};

static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

static json_t *list_facts(const struct tocsin_message *message)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < message->fact_count; i++) {
        const struct tocsin_fact *fact =
            (const void *)((const char *)message->facts + (size_t)i * message->fact_stride);
        json_array_append_new(list, json_pack("[s, s]", fact->label, fact->value));
    }
    return list;
}

static char *describe(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:s?, s:s?}",
            "delivery", message->delivery, "event", message->event, "sink", message->sink,
            "attempt", (int)message->attempt, "mark",
            message->marks & TOCSIN_REPEAT ? "repeat" : "", "level", (int)message->level, "thread",
            message->thread, "rule", message->rule, "title", message->title, "text", message->text,
            "text_plain", message->text_plain, "link", message->link, "facts", list_facts(message),
            "resume", message->resume, "first_receipt", message->first_receipt);
    char *text = json_dumps(body, JSON_COMPACT);
    char *kept = call->host->format(call, "%s", text ? text : "{}");

    free(text);
    json_decref(body);
    return kept;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;

    request->url = config->url.value;
    request->body = describe(call);
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "record",
    .version = "1.0",
    .help = "tells a test what the host told it",
    TOCSIN_OPTIONS(struct config, options),
    .open = open,
    .render = render,
};
