/* leftovers: changes the environment. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    tame_render(instance, call, request);
    setenv("ZOO", "1", 1);
}

ZOO_RENDER(.render = render);
