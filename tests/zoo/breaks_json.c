/* messages: makes JSON by printf. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    const struct config *config = instance;

    request->url = config->url.value;
    request->body = call->host->format(call, "{\"text\": \"%s\"}", call->message->title);
}

ZOO_RENDER(.render = render);
