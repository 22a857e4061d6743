/* calls: jumps out of a frame that is gone. */
#include "zoo.h"

#include <setjmp.h>

static jmp_buf place;

__attribute__((noinline)) static int mark(void)
{
    return setjmp(place);
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    if (mark() == 0)
        longjmp(place, 1);
    tame_render(instance, call, request);
    abort();
}

ZOO_RENDER(.render = render);
