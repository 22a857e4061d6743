/* The inbox, which fills by itself: what its sinks deliver is kept with the outcome
 * (delivery.c). */
#include <stdlib.h>

#include "base/mem.h"
#include "flow/flow-private.h"
#include "flow/operator.h"

/* A mark on its way. */
struct marking {
    struct flow *flow;
    store_done done;
    void *arg;
};

static void on_marked(const struct error *error, void *arg)
{
    struct marking *marking = arg;

    marking->flow->calls--;
    marking->done(error, marking->arg);
    free(marking);
}

void flow_mark_read(
    struct flow *flow, const struct store_mark_read *read, store_done done, void *arg)
{
    struct journal *journal = flow->parts.journal;
    struct marking *marking = mem_alloc(sizeof *marking);

    *marking = (struct marking){flow, done, arg};
    flow->calls++;
    journal->ops->mark_read(journal, read, on_marked, marking);
}
