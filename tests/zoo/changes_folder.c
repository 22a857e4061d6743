/* leftovers: changes the current folder. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    (void)!chdir("/");
}

ZOO_RENDER(.render = render);
