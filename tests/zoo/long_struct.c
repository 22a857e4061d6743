/* accepted: was built with a later header, whose descriptor is longer. */
#include "zoo.h"

static const struct {
    struct tocsin_sink_plugin known;
    void (*later)(void);
} later = {{0}, NULL};

TOCSIN_EXPORT const struct {
    struct tocsin_sink_plugin known;
    void (*later)(void);
} tocsin_sink_plugin = {{.size = sizeof later,
                            .major = 1,
                            .name = "zoo",
                            .version = "1.1",
                            .help = "knows more than this host",
                            TOCSIN_OPTIONS(struct config, options),
                            .open = tame_open,
                            .render = tame_render},
    NULL};
