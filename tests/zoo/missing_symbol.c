/* load: needs a function that is nowhere. */
#include "zoo.h"

extern void nobody_has_this(void);

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    tame_render(instance, call, request);
    nobody_has_this();
}

ZOO_RENDER(.render = render);
