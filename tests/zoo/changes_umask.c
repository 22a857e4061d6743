/* leftovers: changes the umask. */
#include "zoo.h"

#include <sys/stat.h>

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    tame_render(instance, call, request);
    umask(0);
}

ZOO_RENDER(.render = render);
