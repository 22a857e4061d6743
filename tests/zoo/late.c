/* deadline: comes back too late. */
#include "zoo.h"

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    (void)instance, (void)call;
    usleep(2200000);
    outcome->result = TOCSIN_RETRY;
    outcome->reason = "late";
}

ZOO_SHAPELESS(.deliver = deliver);
