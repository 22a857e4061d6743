/* An operator shuts a sink, and it stays shut over a restart. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "flow/flow-private.h"
#include "flow/operator.h"
#include "sink/sink.h"

enum {
    longest_reason = 300,
};

static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static struct outlet *find_outlet(struct flow *flow, const char *sink, struct error *error)
{
    struct outlet *outlet = flow_find_outlet(flow, sink);

    if (!outlet)
        error_set(error, "there is no sink \"%s\"", sink);
    return outlet;
}

/* The note holds the end on the steady clock, 0 for none, and the reason. */
static void remember(struct flow *flow, const char *sink, int64_t for_ms, const char *reason)
{
    int64_t until_ms = for_ms ? clock_steady_ms() + for_ms : 0;
    auto_free char *value = text_format("%" PRId64 " %s", until_ms, reason);

    note_put(flow, text_format("pause/%s", sink), value);
}

bool flow_pause(
    struct flow *flow, const char *sink, int64_t for_ms, const char *reason, struct error *error)
{
    struct outlet *outlet = find_outlet(flow, sink, error);

    if (!outlet)
        return false;
    if (!*reason || strlen(reason) > longest_reason || !is_one_line(reason))
        return error_set(error, "a reason is needed: one line of at most %d bytes", longest_reason);
    struct sink *paused = outlet_sink(outlet);
    auto_free char *why = text_format("paused: %s", reason);
    gate_pause(&paused->gate, for_ms, why, clock_mono_ms());
    log_warn(&paused->logger, "%s%s", why, for_ms ? "" : " (until it is resumed)");
    remember(flow, sink, for_ms, reason);
    return true;
}

bool flow_resume(struct flow *flow, const char *sink, struct error *error)
{
    struct outlet *outlet = find_outlet(flow, sink, error);

    if (!outlet)
        return false;
    struct sink *paused = outlet_sink(outlet);
    if (!gate_is_paused(&paused->gate))
        return error_set(error, "sink \"%s\" is not paused", sink);
    gate_resume(&paused->gate, clock_mono_ms());
    log_warn(&paused->logger, "resumed: one delivery tries it, the others follow");
    note_put(flow, text_format("pause/%s", sink), NULL);
    outlet_wake(outlet);
    return true;
}

void pause_restore(struct flow *flow, const char *sink, const char *value)
{
    struct outlet *outlet = flow_find_outlet(flow, sink);
    char *reason;
    int64_t until_ms = strtoll(value, &reason, 10), now_ms = clock_steady_ms();

    if (!outlet)
        return; /* it left the configuration: should it come back, it is paused */
    if (until_ms && until_ms <= now_ms) {
        note_put(flow, text_format("pause/%s", sink), NULL);
        return;
    }
    struct sink *paused = outlet_sink(outlet);
    if (gate_is_paused(&paused->gate))
        return; /* a reload did not end that */
    auto_free char *why = text_format("paused:%s", reason);
    gate_pause(&paused->gate, until_ms ? until_ms - now_ms : 0, why, clock_mono_ms());
    log_warn(&paused->logger, "still %s", why);
}
