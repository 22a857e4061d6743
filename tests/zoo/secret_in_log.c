/* secrets: logs its URL. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    call->host->log(call, "posting to %s", request->url);
}

ZOO_RENDER(.render = render);
