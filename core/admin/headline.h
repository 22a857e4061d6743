/* What an event in a list is called: as a message's title would begin, without a rule's words. */
#ifndef TOCSIN_ADMIN_HEADLINE_H
#define TOCSIN_ADMIN_HEADLINE_H

#include <jansson.h>

struct store_loaded;

/* A text; null where neither the event nor what was looked up for it has a title. */
json_t *headline_json(const struct store_loaded *loaded);

#endif
