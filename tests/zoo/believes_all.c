/* statuses: calls every answer a success. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    outcome->result = TOCSIN_DELIVERED;
}

ZOO_RENDER(.judge = judge);
