/* calls: writes through a null pointer. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    static int *volatile nowhere;
    *nowhere = 1;
}

ZOO_RENDER(.render = render);
