/* descriptor: is of another interface. */
#include "zoo.h"

ZOO_RENDER(.major = 2);
