/* Drills that an operator asks the daemon for: each goes through its sink's outlet, which knows
 * when a place is free, and around the ledger. */
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "flow/drill.h"
#include "flow/flow-private.h"
#include "flow/operator.h"
#include "sink/sink.h"

struct drilling {
    struct outlet *outlet;
    flow_drilled done;
    void *arg;
};

/* Without a report or a refusal the outlet is gone. */
static void on_done(const json_t *report, const char *refusal, void *arg)
{
    struct drilling *drilling = arg;

    drilling->done(report, refusal, drilling->arg);
    if (report || refusal)
        outlet_end_drill(drilling->outlet);
    free(drilling);
}

bool flow_drill(struct flow *flow, const struct flow_drill *drill, flow_drilled done, void *arg,
    struct error *error)
{
    struct outlet *outlet = flow_find_outlet(flow, drill->sink);
    const struct drill_order order = {
        .config = flow->parts.config, .level = drill->level, .by = drill->by};

    if (!outlet)
        return error_set(error, "there is no sink \"%s\"", drill->sink);
    if (!outlet_takes_drills(outlet))
        return error_set(error,
            "sink \"%s\" has as many drills under way as there may be: wait for "
            "their outcome",
            drill->sink);
    struct drilling *drilling = mem_alloc(sizeof *drilling);
    *drilling = (struct drilling){outlet, done, arg};
    outlet_begin_drill(outlet, drill_create(outlet_sink(outlet), &order, on_done, drilling));
    return true;
}
