/* memory: loses a few bytes at each message. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    static void *volatile last;

    (void)last;
    last = malloc(40);
}

ZOO_RENDER(.render = render);
