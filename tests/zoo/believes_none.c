/* statuses: never calls anything delivered. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    if (outcome->result == TOCSIN_DELIVERED)
        outcome->result = TOCSIN_RETRY;
    outcome->reason = "odd";
}

ZOO_RENDER(.judge = judge);
