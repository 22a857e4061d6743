/* calls: crashes when it is to say what an answer means. */
#include "zoo.h"

static void judge(void *instance, struct tocsin_call *call, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    (void)instance, (void)call, (void)answer, (void)outcome;
    abort();
}

ZOO_RENDER(.judge = judge);
