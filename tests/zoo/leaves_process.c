/* leftovers: leaves a process behind. */
#include "zoo.h"

static void *open_one(struct tocsin_call *call, const void *config, const char **why)
{
    static pid_t child;

    if (!child)
        child = fork();
    while (child == 0)
        pause();
    return tame_open(call, config, why);
}

ZOO_RENDER(.open = open_one);
