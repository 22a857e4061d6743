/* descriptor: says that its descriptor is larger than it is. */
#include "zoo.h"

ZOO_RENDER(.size = sizeof(struct tocsin_sink_plugin) + 64);
