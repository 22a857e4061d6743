/* What an event is sought by that stands in no column of its own. Pure, and the same for every
 * engine. */
#ifndef TOCSIN_STORE_SOUGHT_H
#define TOCSIN_STORE_SOUGHT_H

#include <stdbool.h>

#include "store/archive.h"

/* Whether a delivery of that kind is sought. */
bool sought_delivery(const struct archive_events *events, const char *sink, const char *rule,
    enum archive_fate fate);

/* Whether the event has to have one. */
bool sought_by_delivery(const struct archive_events *events);

/* Whether the decision's trace says that the rule matched, or sent; of an event without a delivery
 * that is meant. */
bool sought_trace(const struct archive_events *events, const char *trace);

/* Whether the text stands in the event's body or in an object. JSON has two ways to write what is
 * not ASCII: both are found. */
bool sought_text(const struct archive_events *events, const struct store_loaded *loaded);

#endif
