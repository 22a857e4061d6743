#include "base/loop.h"

#include <event2/event.h>

#include "base/mem.h"

struct event_base *loop_create(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    /* After each callback of the last priority it is looked whether others are ready. */
    if (config && event_config_set_max_dispatch_interval(config, NULL, 1, LOOP_LAST) == 0)
        base = event_base_new_with_config(config);
    if (!base || event_base_priority_init(base, LOOP_PRIORITIES) < 0)
        mem_exhausted();
    event_config_free(config);
    return base;
}
