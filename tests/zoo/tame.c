/* accepted: does nothing wrong. */
#include "zoo.h"

ZOO_RENDER();
