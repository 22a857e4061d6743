/* leftovers: leaves a thread behind. */
#include "zoo.h"

#include <pthread.h>

static void *sleep_on(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void *open_one(struct tocsin_call *call, const void *config, const char **why)
{
    static pthread_t thread;

    if (!thread)
        pthread_create(&thread, NULL, sleep_on, NULL);
    return tame_open(call, config, why);
}

ZOO_RENDER(.open = open_one);
