/* descriptor: has its name nowhere. */
#include "zoo.h"

ZOO_RENDER(.name = (const char *)16);
