/* accepted: was built with an earlier header, without max_text. */
#include "zoo.h"

/* The last member of 1.0 as it was first. */
#define EARLIER_SIZE offsetof(struct tocsin_sink_plugin, max_text)

ZOO_RENDER(.size = EARLIER_SIZE, .max_text = 0xffffffff);
