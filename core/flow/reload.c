/* From one configuration to the next while events are under way. Queues belong to sinks' names, so
 * an outlet stays whatever becomes of its sink: what is being attempted ends where it began, and
 * what comes after it goes to the sink that has the name then. Nothing new is sent until the
 * ledger's notes are read again, as at a start: a sink that came back may be paused, or have
 * deliveries that are too old. */
#include <string.h>

#include "base/mem.h"
#include "flow/delivery.h"
#include "flow/flow-private.h"
#include "flow/tally.h"
#include "sink/sink.h"

static struct outlet *find_any(const struct flow *flow, const char *name)
{
    for (size_t i = 0; i < flow->outlet_count; i++)
        if (strcmp(outlet_name(flow->outlets[i]), name) == 0)
            return flow->outlets[i];
    return NULL;
}

static struct outlet *add_outlet(struct flow *flow, const char *name)
{
    struct outlet *outlet = outlet_create(flow, name);

    flow->outlets = mem_resize(flow->outlets, (flow->outlet_count + 1) * sizeof(struct outlet *));
    flow->outlets[flow->outlet_count++] = outlet;
    return outlet;
}

static struct sink *find_sink(const struct flow_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->sink_count; i++)
        if (strcmp(parts->sinks[i]->name, name) == 0)
            return parts->sinks[i];
    return NULL;
}

void outlets_match(struct flow *flow)
{
    const struct flow_parts *parts = &flow->parts;

    for (size_t i = 0; i < parts->sink_count; i++)
        if (!find_any(flow, parts->sinks[i]->name))
            add_outlet(flow, parts->sinks[i]->name);
    for (size_t i = 0; i < flow->outlet_count; i++)
        outlet_set_sink(flow->outlets[i], find_sink(parts, outlet_name(flow->outlets[i])));
    tally_prepare(flow);
}

void flow_reload(struct flow *flow, const struct flow_parts *parts)
{
    struct silences *silences = flow->silences;

    flow->parts = *parts;
    outlets_match(flow);
    fallbacks_match(flow->fallbacks);
    flow->silences = silences_create(flow);
    silences_succeed(flow->silences, silences);
    flow->is_open = false;
    notes_read(flow);
    for (size_t i = 0; i < flow->outlet_count; i++)
        outlet_go_on(flow->outlets[i]);
}

static bool is_in_use(const struct flow *flow, const struct sink *sink)
{
    return sink->in_flight > 0 || deliveries_use(flow, sink);
}

bool flow_is_done_with(const struct flow *flow, const struct flow_parts *parts)
{
    for (size_t i = 0; i < parts->sink_count; i++)
        if (is_in_use(flow, parts->sinks[i]))
            return false;
    return !passages_use(flow->passages, parts->rules);
}
