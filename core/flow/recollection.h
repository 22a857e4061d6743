/* What the ledger remembers of an object that cannot be looked up any more, since it was deleted:
 * the answer of the last look-up, found by walking back through the recorded events. That is long
 * work for few events, so it is done on a thread of its own, for all that wait at once: one walk is
 * under way, and who comes meanwhile waits for the next. */
#ifndef TOCSIN_FLOW_RECOLLECTION_H
#define TOCSIN_FLOW_RECOLLECTION_H

#include <stdbool.h>

struct flow;
struct looked_up;
struct recollections;
struct story;

struct recollections *recollections_create(struct flow *flow);

/* Who still waits is forgotten without a call. */
void recollections_destroy(struct recollections *recollections);

/* result is lent for the call; NULL: nothing is remembered, or it could not be found in time. */
typedef void (*recollection_done)(struct looked_up *result, void *arg);

/* False when there is nothing to remember: the event was not deleted, or its type has no look-up.
 * Else done is called once, from the loop. All that the event may need must be on the disk. */
bool recollect(struct recollections *recollections, const struct story *story,
    recollection_done done, void *arg);

#endif
