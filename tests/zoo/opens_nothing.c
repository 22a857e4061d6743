/* instances: returns NULL from open without a word. */
#include "zoo.h"

static void *open_none(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)config, (void)why;
    return NULL;
}

ZOO_RENDER(.open = open_none);
