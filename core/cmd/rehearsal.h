/* A rehearsal: what the daemon would do with an event, by the daemon's own functions, up to the
 * message that each sink would be given. Nothing is sent. */
#ifndef TOCSIN_CMD_REHEARSAL_H
#define TOCSIN_CMD_REHEARSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/ruleset.h"

struct message;
struct setup;
struct sink;
struct story;

struct rehearsed {
    const struct rule_target *target; /* one of the decision's */
    const struct sink *sink;          /* of the setup */
    struct message *message;          /* owned */
};

struct rehearsal {
    struct story *story;          /* owned */
    struct decision decision;     /* with the traces of all rules */
    struct rehearsed *deliveries; /* one for each of the decision's targets; owned */
};

/* Takes the story over. Messages are worded as at the event's acceptance. The setup must outlive
 * the rehearsal. */
void rehearsal_init(struct rehearsal *rehearsal, const struct setup *setup, struct story *story);
void rehearsal_finish(struct rehearsal *rehearsal);

/* What counts against the sink's limit: the code points of the text in the sink's flavour. */
size_t rehearsed_size(const struct rehearsed *rehearsed);

/* How much the sink takes; 0 where its plugin names no limit. */
size_t rehearsed_limit(const struct rehearsed *rehearsed);

#endif
