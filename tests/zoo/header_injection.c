/* messages: puts an event'\''s type into a header as it is. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    const char **headers = call->host->alloc(call, 2 * sizeof *headers);
    headers[0] = call->host->format(call, "X-Type: %s", call->message->type);
    request->headers = headers;
}

ZOO_RENDER(.render = render);
