/* leftovers: opens a descriptor at each message and closes none. */
#include "zoo.h"

#include <fcntl.h>

static void *open_one(struct tocsin_call *call, const void *config, const char **why)
{
    static int opened;

    if (opened++ < 10)
        (void)!open("/dev/null", O_RDONLY);
    return tame_open(call, config, why);
}

ZOO_RENDER(.open = open_one);
