/* descriptor: has a name that cannot be configured. */
#include "zoo.h"

ZOO_RENDER(.name = "My Sink!");
