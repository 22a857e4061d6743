/* One attempt of one claimed delivery: make the message, let the sink try, record what became of
 * it. */
#ifndef TOCSIN_FLOW_DELIVERY_H
#define TOCSIN_FLOW_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

struct flow;
struct sink;
struct store_claimed;
struct story;

enum delivery_end {
    DELIVERY_FINISHED, /* delivered, dead or skipped */
    DELIVERY_PROMOTED, /* the same, and another of its thread may go now */
    DELIVERY_WAITS,    /* will be tried again at a time (steady clock) */
};

struct delivery_watch {
    /* The attempt ended and its place at the sink is free; the outcome is on its way to the ledger.
     * Not called for what ends without an attempt. */
    void (*attempted)(void *arg);
    /* Once: the ledger has the outcome; it is asked until it does. */
    void (*over)(enum delivery_end end, int64_t due_ms, void *arg);
};

/* The claim must be held and the sink have a place. */
void delivery_attempt(struct flow *flow, struct sink *sink, const struct store_claimed *claimed,
    struct story *story, const struct delivery_watch *watch, void *arg);

/* Something is being attempted at the sink, or its outcome recorded. */
bool deliveries_use(const struct flow *flow, const struct sink *sink);

/* Forgets those that are under way: the flow ends, and the ledger knows that they were claimed. */
void deliveries_drop(struct flow *flow);

#endif
