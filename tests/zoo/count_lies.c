/* options: has fewer options than it says. */
#include "zoo.h"

ZOO_RENDER(.option_count = 40);
