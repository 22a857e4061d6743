/* messages: lets the message choose the host. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    if (call->message->level > 3)
        request->url = "https://elsewhere.example/";
}

ZOO_RENDER(.render = render);
