/* calls: waits in render, on the daemon'\''s loop. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    usleep(150000);
}

ZOO_RENDER(.render = render);
