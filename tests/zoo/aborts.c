/* calls: aborts. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    abort();
}

ZOO_RENDER(.render = render);
