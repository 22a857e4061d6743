/* instances, messages: keeps what the host gave beyond the call. */
#include "zoo.h"

static const char *kept;

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    if (!kept)
        kept = call->host->format(call, "{\"n\": 1}");
    request->body = kept;
}

ZOO_RENDER(.render = render);
