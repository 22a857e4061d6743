/* messages: says JSON and sends text. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    request->body = "plain";
}

ZOO_RENDER(.render = render);
