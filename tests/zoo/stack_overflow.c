/* calls: needs more stack than there is. */
#include "zoo.h"

static int fall(volatile char *from)
{
    volatile char here[4096];

    here[0] = *from;
    return fall(here) + here[1];
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    volatile char start = 1;
    request->body_len = (uint64_t)fall(&start);
}

ZOO_RENDER(.render = render);
