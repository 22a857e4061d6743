/* A token bucket: how many messages a sink may send now. It holds one second's worth, at least one.
 * Pure: time is an argument (monotonic milliseconds). */
#ifndef TOCSIN_SINK_BUDGET_H
#define TOCSIN_SINK_BUDGET_H

#include <stddef.h>
#include <stdint.h>

struct budget {
    double rate; /* a second; 0: no limit */
    double tokens;
    int64_t at_ms;
};

void budget_init(struct budget *budget, double rate, int64_t now_ms);

/* How many may go now, at most wanted. */
size_t budget_available(struct budget *budget, size_t wanted, int64_t now_ms);

/* Takes that many tokens; negative gives them back. */
void budget_spend(struct budget *budget, int count);

/* When the next one may go; now_ms or earlier when one may go now. */
int64_t budget_next_ms(const struct budget *budget, int64_t now_ms);

#endif
