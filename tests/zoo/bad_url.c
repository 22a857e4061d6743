/* messages: puts a title into the URL as it is. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    request->url = call->host->format(call, "https://example.org/?q=%s", call->message->title);
}

ZOO_RENDER(.render = render);
