/* calls: ends the process without its exit handlers. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    _exit(3);
}

ZOO_RENDER(.render = render);
