/* descriptor: has a descriptor that is too short for its interface. */
#include "zoo.h"

ZOO_RENDER(.size = offsetof(struct tocsin_sink_plugin, open));
