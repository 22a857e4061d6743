/* calls: frees memory twice. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    void *volatile memory = malloc(100);
    free(memory);
    free(memory);
}

ZOO_RENDER(.render = render);
