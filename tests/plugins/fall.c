/* A deliver sink for tests: dies of what the message's title says, "abort", "null" or "exit", in
 * deliver; or at once in open, where it is told to. Else it takes the message. */
#include <stdlib.h>
#include <string.h>
#include <tocsin/sink.h>

struct config {
    bool in_open;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, in_open, 0, "false", "dies when it is opened"),
};

static void *open_instance(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    if (((const struct config *)config)->in_open)
        abort();
    return (void *)config;
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    const char *title = call->message->title;
    static int *volatile nowhere;

    (void)instance;
    if (strstr(title, "abort"))
        abort();
    if (strstr(title, "null"))
        *nowhere = 1; /* NOLINT: that is what it is for */
    if (strstr(title, "exit"))
        exit(0);
    outcome->result = TOCSIN_DELIVERED;
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "fall",
    .version = "1.0",
    .help = "dies as a title says",
    TOCSIN_OPTIONS(struct config, options),
    .open = open_instance,
    .deliver = deliver,
};
