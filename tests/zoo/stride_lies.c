/* options: says that its options are smaller than they are. */
#include "zoo.h"

ZOO_RENDER(.option_stride = 8);
