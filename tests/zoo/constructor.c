/* load: crashes as it is loaded. */
#include "zoo.h"

__attribute__((constructor)) static void start(void)
{
    abort();
}

ZOO_RENDER();
