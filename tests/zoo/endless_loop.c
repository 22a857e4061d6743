/* calls: never comes back from render. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    for (volatile int turn = 0;; turn++)
        ;
}

ZOO_RENDER(.render = render);
