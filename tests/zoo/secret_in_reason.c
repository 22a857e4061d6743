/* secrets: repeats its URL in a reason. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer;
    const struct config *config = instance;
    if (answer->status >= 400)
        outcome->reason = call->host->format(call, "cannot post to %s", config->url.value);
}

ZOO_RENDER(.judge = judge);
