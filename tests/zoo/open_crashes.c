/* calls: crashes when it is opened. */
#include "zoo.h"

static void *open_and_crash(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)config, (void)why;
    abort();
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "zoo",
    .version = "1.0",
    .help = "misbehaves in one way",
    TOCSIN_OPTIONS(struct config, options),
    .open = open_and_crash,
    .render = tame_render,
};
