/* calls: crashes when it is asked about its options. */
#include "zoo.h"

static bool check(struct tocsin_call *call, const void *config, const char **why)
{
    (void)config, (void)why;
    return call->message->title[0] == 'x';
}

ZOO_RENDER(.check = check);
