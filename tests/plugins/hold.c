/* A request sink for tests: its render holds the daemon's loop for as long as a file stands, and
 * for half a minute at most. */
#include <tocsin/sink.h>
#include <unistd.h>

enum {
    look_us = 10000,
    most_looks = 3000,
};

struct config {
    struct tocsin_secret url;
    const char *while_stands;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where it posts to"),
    TOCSIN_OPTION(struct config, while_stands, TOCSIN_REQUIRED, NULL, "the file"),
};

static void *open_instance(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;

    (void)call;
    for (int i = 0; i < most_looks && access(config->while_stands, F_OK) == 0; i++)
        usleep(look_us);
    request->url = config->url.value;
    request->body = "{}";
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "hold",
    .version = "1.0",
    .help = "holds the loop while a file stands",
    TOCSIN_OPTIONS(struct config, options),
    .open = open_instance,
    .render = render,
};
