/* options: has its options nowhere. */
#include "zoo.h"

ZOO_RENDER(.options = (const void *)16);
