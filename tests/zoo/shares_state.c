/* instances: keeps its configuration in a static variable. */
#include "zoo.h"

static const struct config *the_config;

static void *open_one(struct tocsin_call *call, const void *config, const char **why)
{
    the_config = config;
    return tame_open(call, config, why);
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call;
    request->url = the_config->url.value;
    request->body = "{}";
}

ZOO_RENDER(.open = open_one, .render = render);
