/* instances, messages: counts messages, and so never says the same twice. */
#include "zoo.h"

static int count;

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    request->body = call->host->format(call, "{\"n\": %d}", count++);
}

ZOO_RENDER(.render = render);
