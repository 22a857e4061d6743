/* statuses: gives up at a far end in trouble. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    if (answer->status >= 500)
        outcome->result = TOCSIN_REJECTED;
}

ZOO_RENDER(.judge = judge);
