#include "inbox.h"

#include <stdint.h>

#include <tocsin/sink.h>

#include "../shared/document.h"
#include "../shared/text.h"

enum {
    MAX_TITLE = 300,
    MAX_TEXT = 4000,
    USUAL_SIZE = 2048,
};

/* Nothing to say: it is as large as the ledger's `keep` lets it be. */
struct config {
    char unused;
};

static void *open_inbox(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

/* Without the event, which stands in the ledger already. */
static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    struct tocsin_message shown = *call->message;

    (void)instance;
    shown.title = text_cut(call, shown.title, MAX_TITLE, SIZE_MAX);
    shown.text_plain = text_cut(call, shown.text_plain, MAX_TEXT, SIZE_MAX);
    auto_json json_t *document = document_create_of(call, &shown, NULL);
    json_send(call, document, USUAL_SIZE, request);
}

const struct tocsin_sink_plugin inbox_plugin = {
    TOCSIN_SINK_V1,
    .name = "inbox",
    .version = "1.0",
    .help = "Keeps messages in tocsin itself, for its page and `tocsin inbox`",
    .flavour = TOCSIN_PLAIN,
    .config_size = sizeof(struct config),
    .open = open_inbox,
    .render = render,
    .max_text = MAX_TEXT,
};
