/* What is counted on the way of an event (base/metrics.h): by rule and by sink, whose names are the
 * configuration's. */
#ifndef TOCSIN_FLOW_TALLY_H
#define TOCSIN_FLOW_TALLY_H

#include <stdint.h>

#include "store/journal.h"

struct attempt_result;
struct decision;
struct flow;

/* Makes the counters of what is configured now be there. */
void tally_prepare(const struct flow *flow);

/* Since the start. */
uint64_t tally_matches(const struct flow *flow, const char *rule);
uint64_t tally_unmatched(const struct flow *flow);

struct tally_sink {
    uint64_t delivered, dead;              /* deliveries that ended so */
    uint64_t failed;                       /* attempts that did not deliver */
    double attempt_p50_s, attempt_p99_s;   /* how long attempts took; NAN: there were none */
    double delivery_p50_s, delivery_p99_s; /* from acceptance to delivery; likewise */
};
struct tally_sink tally_sink(const struct flow *flow, const char *sink);

void tally_decision(const struct flow *flow, const struct decision *decision);
void tally_attempt(const struct flow *flow, const char *sink, const struct attempt_result *result);

/* A delivery is over. waited_ms: since its event was accepted. */
void tally_end(
    const struct flow *flow, const char *sink, enum store_result result, int64_t waited_ms);

#endif
