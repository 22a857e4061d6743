#include "sink/budget.h"

#include <math.h>

static double budget_capacity(const struct budget *budget)
{
    return budget->rate > 1 ? budget->rate : 1;
}

void budget_init(struct budget *budget, double rate, int64_t now_ms)
{
    *budget = (struct budget){.rate = rate, .at_ms = now_ms};
    budget->tokens = budget_capacity(budget);
}

size_t budget_available(struct budget *budget, size_t wanted, int64_t now_ms)
{
    if (!(budget->rate > 0))
        return wanted;
    budget->tokens += (double)(now_ms - budget->at_ms) / 1000 * budget->rate;
    budget->tokens = fmin(budget->tokens, budget_capacity(budget));
    budget->at_ms = now_ms;
    size_t whole = budget->tokens < 1 ? 0 : (size_t)budget->tokens;
    return whole < wanted ? whole : wanted;
}

void budget_spend(struct budget *budget, int count)
{
    if (budget->rate > 0)
        budget->tokens = fmin(budget->tokens - count, budget_capacity(budget));
}

int64_t budget_next_ms(const struct budget *budget, int64_t now_ms)
{
    if (!(budget->rate > 0) || budget->tokens >= 1)
        return now_ms;
    return now_ms + (int64_t)ceil((1 - budget->tokens) / budget->rate * 1000);
}
