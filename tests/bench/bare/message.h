/* A Mattermost message of the shape that tocsin's plugin sends, of what stands in the documents. */
#ifndef TOCSIN_BENCH_BARE_MESSAGE_H
#define TOCSIN_BENCH_BARE_MESSAGE_H

#include <jansson.h>

/* event: as it was posted; alert: as it was looked up. A new reference. */
json_t *message_json(const json_t *event, const json_t *alert);

#endif
