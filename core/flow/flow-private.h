/* The flow from the inside: what passage.c (from accept to routed) and outlet.c (from routed to
 * settled) share. */
#ifndef TOCSIN_FLOW_FLOW_PRIVATE_H
#define TOCSIN_FLOW_FLOW_PRIVATE_H

#include <sys/queue.h>

#include "base/log.h"
#include "flow/flow.h"
#include "store/journal.h"

struct outlet;
struct passages;
struct story;

struct flow {
    struct flow_parts parts;
    struct logger logger;
    struct passages *passages;
    struct outlet **outlets; /* one for each sink, in the same order */
    bool is_stopping;
    size_t calls; /* to the ledger, not answered yet */
};

/* In passage.c. */

struct passages *passages_create(struct flow *flow);
void passages_destroy(struct passages *passages);

/* True when there is room for another event in memory and none waits in the ledger before it: then
 * it may be claimed as it is accepted. */
bool passages_have_room(const struct passages *passages);

/* An event was left in the ledger: it is fetched when there is room. */
void passages_note_backlog(struct passages *passages);

/* Takes a claimed event (and its reference) on its way: look-up, decision, deliveries. */
void passage_begin(struct passages *passages, struct story *story);

bool passages_are_idle(const struct passages *passages);

/* In outlet.c. */

struct outlet *outlet_create(struct flow *flow, struct sink *sink);
void outlet_destroy(struct outlet *outlet);

/* True when a delivery may be claimed as it is decided: a place is kept for it, until
 * outlet_begin() or outlet_give_place_back(). */
bool outlet_keep_place(struct outlet *outlet);
void outlet_give_place_back(struct outlet *outlet);

/* Attempts a claimed delivery for which a place was kept. */
void outlet_begin(struct outlet *outlet, const struct store_claimed *claimed, struct story *story);

/* A head may be due: ask the ledger for as many as may go. */
void outlet_wake(struct outlet *outlet);

bool outlet_is_idle(const struct outlet *outlet);

/* The outlet of a sink's name; NULL when the configuration has no such sink. */
struct outlet *flow_find_outlet(struct flow *flow, const char *sink);

#endif
