/* secrets: shows its URL in the text of the message. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    const struct config *config = instance;
    request->body = call->host->format(call, "{\"text\": \"sent to %s\"}", config->url.value);
}

ZOO_RENDER(.render = render);
