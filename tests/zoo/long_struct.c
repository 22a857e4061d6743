/* accepted: was built with a later header, whose descriptor is longer. */
#include "zoo.h"

struct longer {
    struct tocsin_sink_plugin known;
    void (*later)(void);
};

TOCSIN_EXPORT const struct longer tocsin_sink_plugin = {{.size = sizeof(struct longer),
                                                            .major = 1,
                                                            .name = "zoo",
                                                            .version = "1.1",
                                                            .help = "knows more than this host",
                                                            TOCSIN_OPTIONS(struct config, options),
                                                            .open = tame_open,
                                                            .render = tame_render},
    NULL};
