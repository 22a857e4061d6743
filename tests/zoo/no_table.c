/* options: says that it has options and has none. */
#include "zoo.h"

ZOO_RENDER(.options = NULL);
