/* peers: rejects the message since the far end is down. */
#include "zoo.h"

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    (void)instance, (void)call;
    outcome->result = TOCSIN_REJECTED;
    outcome->reason = "connection refused";
}

ZOO_SHAPELESS(.deliver = deliver);
