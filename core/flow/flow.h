/* The way of an event: accept, look up, decide, hand to the sinks. The only room that knows
 * look-ups, rules, sinks and the ledger together. Belongs to the loop's thread. */
#ifndef TOCSIN_FLOW_FLOW_H
#define TOCSIN_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive;
struct config;
struct enricher;
struct error;
struct event_base;
struct journal;
struct logger;
struct metrics;
struct phrasebook;
struct ruleset;
struct sink;

/* What the flow works with, all borrowed: for its life, or until another configuration took over
 * and flow_is_done_with() it. */
struct flow_parts {
    struct event_base *base;
    const struct config *config;
    struct journal *journal;
    /* Opens the same ledger to read it, on another thread. */
    struct archive *(*open_archive)(const char *path, struct error *error);
    struct enricher *enricher;
    const struct ruleset *rules;
    const struct phrasebook *phrases; /* of these rules */
    struct sink **sinks;              /* started */
    size_t sink_count;
    const struct logger *logger;
    struct metrics *metrics; /* counts there; NULL: nowhere */
};

struct flow;

/* Also takes up what the last daemon left: events not routed, deliveries not finished. */
struct flow *flow_create(const struct flow_parts *parts);

/* Drops what is on its way; the ledger has it. */
void flow_destroy(struct flow *flow);

/* id is what the sender is told; NULL with an error: nothing was accepted, the sender must come
 * again. */
typedef void (*flow_accepted)(const struct error *error, const char *id, bool duplicate, void *arg);

/* Goes on with another configuration's sinks, rules and look-ups; base, journal and logger stay the
 * same. What is under way stays with what it has. A sink of the old parts may be among the new
 * ones. Deliveries to a name that has no sink any more are held. */
void flow_reload(struct flow *flow, const struct flow_parts *parts);

/* Whether nothing that is under way uses those sinks or rules any more: they may be destroyed. */
bool flow_is_done_with(const struct flow *flow, const struct flow_parts *parts);

/* Takes a posted document. False with what is wrong with it, for the sender to read; else done is
 * called once, when the event is on the disk or could not be put there. */
bool flow_accept(struct flow *flow, const char *hook, const void *body, size_t len,
    struct error *error, flow_accepted done, void *arg);

/* True while whoever can should wait with more: deliveries wait for tocsin, not for their sinks. */
bool flow_is_pressed(struct flow *flow);

/* From now on nothing new is begun: attempts that are under way go on, claims of which nothing was
 * sent are given back, and what is not decided yet stays in the ledger for the next start. */
void flow_stop(struct flow *flow);

/* How often a rule's pattern gave up at a limit, and counted as no match, since the start. */
uint64_t flow_given_up(const struct flow *flow);

/* How many messages went out in the default words because a template failed. */
uint64_t flow_misworded(const struct flow *flow);

/* True when nothing is under way: no attempt, no call to the ledger. */
bool flow_is_idle(const struct flow *flow);

#endif
