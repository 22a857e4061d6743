/* options: says that its options are larger than they are. */
#include "zoo.h"

ZOO_RENDER(.option_stride = 1 << 20);
