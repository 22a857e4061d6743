/* statuses: gives a reason of two lines. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    outcome->reason = outcome->reason ? "refused:\nsee the log" : NULL;
}

ZOO_RENDER(.judge = judge);
