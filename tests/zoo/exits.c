/* calls: ends the process as if all were well. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    exit(0);
}

ZOO_RENDER(.render = render);
