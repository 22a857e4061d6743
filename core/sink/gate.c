#include "sink/gate.h"

#include <stdlib.h>

#include "base/mem.h"

size_t gate_admits(const struct gate *gate, size_t wanted, int64_t now_ms)
{
    if (!gate->is_shut)
        return wanted;
    return wanted && !gate->is_probing && now_ms >= gate->until_ms ? 1 : 0;
}

int64_t gate_next_ms(const struct gate *gate)
{
    return gate->is_shut && !gate->is_probing ? gate->until_ms : 0;
}

void gate_attempt_begins(struct gate *gate)
{
    gate->is_probing = gate->is_shut;
}

static void gate_open(struct gate *gate)
{
    free(gate->why);
    *gate = (struct gate){0};
}

static void set_reason(struct gate *gate, enum gate_cause cause, const char *why)
{
    char *reason = text_copy(why);

    free(gate->why);
    gate->why = reason;
    gate->cause = cause;
    gate->is_shut = true;
}

/* What was under way when an operator shut the gate says nothing about his reasons. */
static bool stays_paused(const struct gate *gate)
{
    return gate_is_paused(gate) && !gate->is_probing;
}

bool gate_attempt_worked(struct gate *gate)
{
    bool was_shut = gate->is_shut;

    if (stays_paused(gate))
        return false;
    gate_open(gate);
    return was_shut;
}

bool gate_shut(struct gate *gate, enum gate_cause cause, int64_t for_ms, int64_t most_ms,
    const char *why, int64_t now_ms)
{
    bool was_open = !gate->is_shut;
    bool is_news = was_open || gate->cause != cause;
    /* Attempts that were under way when the gate shut must not lengthen it: only the probe may. */
    bool is_longer = gate->is_probing && gate->shut_for_ms * 2 > for_ms;
    int64_t length_ms = is_longer ? gate->shut_for_ms * 2 : for_ms;

    if (stays_paused(gate))
        return false;
    gate->shut_for_ms = length_ms < most_ms ? length_ms : most_ms;
    if (was_open || gate->is_probing || now_ms + gate->shut_for_ms > gate->until_ms)
        gate->until_ms = now_ms + gate->shut_for_ms;
    gate->failed_probes += gate->is_probing;
    gate->is_probing = false;
    set_reason(gate, cause, why);
    return is_news;
}

bool gate_attempt_failed(struct gate *gate, int64_t limit, int64_t probe_ms, int64_t most_ms,
    const char *why, int64_t now_ms)
{
    gate->failures++;
    if (gate->is_shut ? !gate->is_probing : gate->failures < limit)
        return false;
    return gate_shut(gate, GATE_FAILURES, probe_ms, most_ms, why, now_ms);
}

void gate_pause(struct gate *gate, int64_t for_ms, const char *why, int64_t now_ms)
{
    gate->until_ms = for_ms ? now_ms + for_ms : INT64_MAX;
    gate->shut_for_ms = 0;
    gate->is_probing = false;
    set_reason(gate, GATE_PAUSED, why);
}

void gate_resume(struct gate *gate, int64_t now_ms)
{
    gate->until_ms = now_ms;
}

void gate_finish(struct gate *gate)
{
    gate_open(gate);
}
