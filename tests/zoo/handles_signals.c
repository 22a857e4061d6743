/* leftovers: takes a signal for itself. */
#include "zoo.h"

#include <signal.h>

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    tame_render(instance, call, request);
    signal(SIGTERM, SIG_IGN);
}

ZOO_RENDER(.render = render);
