/* leftovers: sets the locale of the whole process. */
#include "zoo.h"

#include <locale.h>

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    tame_render(instance, call, request);
    setlocale(LC_ALL, "C.UTF-8");
}

ZOO_RENDER(.render = render);
