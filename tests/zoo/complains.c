/* output: writes to standard error. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    fprintf(stderr, "zoo: %s\n", call->message->title);
}

ZOO_RENDER(.render = render);
