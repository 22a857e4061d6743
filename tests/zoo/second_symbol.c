/* symbols: exports a function beside its descriptor. */
#include "zoo.h"

TOCSIN_EXPORT int helper(void);

int helper(void)
{
    return 1;
}

ZOO_RENDER();
