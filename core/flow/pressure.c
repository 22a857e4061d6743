/* Whether more may be taken in. Where deliveries wait in the ledger although their sinks have free
 * places, or answer at once, tocsin itself is what they wait for: every further event would take
 * from them, and senders can wait. A sink that is slow, shut or held to a rate slows nobody. */
#include "base/clock.h"
#include "flow/flow-private.h"

enum {
    patience_ms = 20, /* a commit or two are no pressure */
};

static bool is_any_behind(const struct flow *flow, int64_t now_ms)
{
    for (size_t i = 0; i < flow->outlet_count; i++)
        if (outlet_is_behind(flow->outlets[i], now_ms))
            return true;
    return false;
}

bool flow_is_pressed(struct flow *flow)
{
    int64_t now_ms = clock_mono_ms();

    if (!is_any_behind(flow, now_ms))
        flow->behind_since_ms = 0;
    else if (!flow->behind_since_ms)
        flow->behind_since_ms = now_ms;
    return flow->behind_since_ms && now_ms - flow->behind_since_ms >= patience_ms;
}
