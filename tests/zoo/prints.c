/* output: writes to standard output. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    printf("hello\n");
}

ZOO_RENDER(.render = render);
