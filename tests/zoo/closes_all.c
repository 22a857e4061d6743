/* leftovers: closes every descriptor of the process. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
}

ZOO_RENDER(.render = render);
