/* options: has options beyond its config struct. */
#include "zoo.h"

ZOO_RENDER(.config_size = 8);
