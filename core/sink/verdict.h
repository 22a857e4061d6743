/* What an HTTP answer means, where the plugin does not say otherwise. */
#ifndef TOCSIN_SINK_VERDICT_H
#define TOCSIN_SINK_VERDICT_H

#include <stdint.h>

/* One of TOCSIN_DELIVERED .. TOCSIN_UNUSABLE. 2xx delivered; 408, 425, 429, 5xx but 501 retry; 401,
 * 403, 404, 410, 3xx and 501 unusable; other 4xx rejected; anything else retry. */
uint32_t verdict_of_status(int status);

#endif
