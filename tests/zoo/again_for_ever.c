/* statuses: wants to try again at once for ever. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    outcome->result = TOCSIN_AGAIN;
}

ZOO_RENDER(.judge = judge);
