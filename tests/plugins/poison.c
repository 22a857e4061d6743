/* A render sink for tests: a message whose title says "poison" ends the daemon, as a plugin's worst
 * fault does; the others are posted. */
#include <signal.h>
#include <string.h>
#include <tocsin/sink.h>

struct config {
    struct tocsin_secret url;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL, "where to post"),
};

static void *open(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    const struct config *config = instance;

    if (strstr(call->message->title, "poison"))
        raise(SIGKILL);
    request->url = config->url.value;
    request->body = call->host->format(
        call, "{\"text\": \"%s %s\"}", call->message->delivery, call->message->event);
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "poison",
    .version = "1.0",
    .help = "ends the daemon when a title says so",
    TOCSIN_OPTIONS(struct config, options),
    .open = open,
    .render = render,
};
