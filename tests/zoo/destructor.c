/* load: crashes as the process ends. */
#include "zoo.h"

__attribute__((destructor)) static void stop(void)
{
    abort();
}

ZOO_RENDER();
