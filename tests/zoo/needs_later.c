/* descriptor: needs a later interface. */
#include "zoo.h"

ZOO_RENDER(.min_minor = 7);
