/* deadline: blocks for ever in deliver. */
#include "zoo.h"

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    (void)instance, (void)call;
    (void)outcome;
    for (;;)
        pause();
}

ZOO_SHAPELESS(.deliver = deliver);
