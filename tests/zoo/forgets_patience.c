/* statuses: drops Retry-After. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    if (answer->status == 429)
        outcome->retry_after_ms = 0;
}

ZOO_RENDER(.judge = judge);
