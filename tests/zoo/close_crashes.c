/* calls: crashes when it is closed. */
#include "zoo.h"

static void close_one(void *instance)
{
    (void)instance;
    abort();
}

ZOO_RENDER(.close = close_one);
