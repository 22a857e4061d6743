/* descriptor: is of no shape. */
#include "zoo.h"

ZOO_SHAPELESS();
