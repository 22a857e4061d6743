/* A sink is open, or shut until a time for a reason: one state machine for a destination that is
 * unusable, a Retry-After, too many failures in a row, and an operator's pause. At the time one
 * delivery probes; its success opens the gate, its failure shuts it again for twice as long. Pure:
 * time is an argument.
 */
#ifndef TOCSIN_SINK_GATE_H
#define TOCSIN_SINK_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gate_cause {
    GATE_FAILURES, /* too many in a row */
    GATE_UNUSABLE, /* the destination takes nothing until somebody mends it */
    GATE_ASKED,    /* Retry-After */
    GATE_PAUSED,   /* by an operator: nothing opens it before its time */
};

struct gate {
    bool is_shut;
    bool is_probing; /* one delivery is out to see */
    enum gate_cause cause;
    int64_t until_ms;    /* monotonic */
    int64_t shut_for_ms; /* the last time's length */
    int64_t failures;    /* in a row */
    int failed_probes;   /* since it shut */
    char *why;           /* owned; NULL while open */
};

/* How many attempts may start now: all that were asked for, one to probe, or none. */
size_t gate_admits(const struct gate *gate, size_t wanted, int64_t now_ms);

/* When to ask again: 0 while open or probing. */
int64_t gate_next_ms(const struct gate *gate);

/* An attempt starts: through a shut gate it is the probe. */
void gate_attempt_begins(struct gate *gate);

/* The far end took a message, or judged one by itself: it works. True when that opened the gate. */
bool gate_attempt_worked(struct gate *gate);

/* An attempt failed in a way that another message may not: shuts when it is the limit-th in a row
 * or the probe. True when that shut an open gate, or for another cause than before. */
bool gate_attempt_failed(struct gate *gate, int64_t limit, int64_t probe_ms, int64_t most_ms,
    const char *why, int64_t now_ms);

/* The destination asked for silence, or takes nothing. True when that shut an open gate, or for
 * another cause than before. */
bool gate_shut(struct gate *gate, enum gate_cause cause, int64_t for_ms, int64_t most_ms,
    const char *why, int64_t now_ms);

/* An operator shuts it for so long; 0: until gate_resume(). */
void gate_pause(struct gate *gate, int64_t for_ms, const char *why, int64_t now_ms);

/* Ends a pause: one delivery probes now. */
void gate_resume(struct gate *gate, int64_t now_ms);

static inline bool gate_is_paused(const struct gate *gate)
{
    return gate->is_shut && gate->cause == GATE_PAUSED;
}

void gate_finish(struct gate *gate);

#endif
