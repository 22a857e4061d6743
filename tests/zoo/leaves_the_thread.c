/* calls: ends the thread that calls it. */
#include "zoo.h"

#include <pthread.h>

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)outcome;
    pthread_exit(NULL);
}

ZOO_SHAPELESS(.deliver = deliver);
