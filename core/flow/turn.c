/* Whose turn it is when the processor is the limit. What goes out is handled before what comes in
 * (base/loop.h), so that senders are slowed and what was accepted leaves at once; but a long
 * backlog would keep them out until it is gone. So after a while of that nothing new is claimed
 * until the hooks were heard once. */
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "flow/flow-private.h"

enum {
    patience_ms = 10,
};

struct turn {
    struct flow *flow;
    struct event *canary; /* is handled when the hooks are */
    bool is_out;          /* it was not handled yet */
    bool is_refused;      /* somebody must be told when it was */
    int64_t since_ms;
};

static void on_hooks_heard(evutil_socket_t fd, short what, void *arg)
{
    struct turn *turn = arg;
    struct flow *flow = turn->flow;
    bool was_refused = turn->is_refused;

    (void)fd, (void)what;
    turn->is_out = turn->is_refused = false;
    for (size_t i = 0; was_refused && i < flow->outlet_count; i++)
        outlet_go_on(flow->outlets[i]);
}

struct turn *turn_create(struct flow *flow)
{
    struct turn *turn = mem_alloc(sizeof *turn);

    turn->flow = flow;
    turn->canary = event_new(flow->parts.base, -1, 0, on_hooks_heard, turn);
    if (!turn->canary || event_priority_set(turn->canary, LOOP_LAST) < 0)
        mem_exhausted();
    return turn;
}

void turn_destroy(struct turn *turn)
{
    event_free(turn->canary);
    free(turn);
}

bool turn_is_ours(struct turn *turn)
{
    int64_t now_ms = clock_mono_ms();

    if (!turn->is_out) {
        turn->is_out = true;
        turn->since_ms = now_ms;
        event_active(turn->canary, EV_TIMEOUT, 0);
    }
    turn->is_refused = now_ms - turn->since_ms > patience_ms;
    return !turn->is_refused;
}
