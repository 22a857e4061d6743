/* messages: lets a title end its own member. */
#include "zoo.h"

static const char *without_backslashes(struct tocsin_call *call, const char *text)
{
    char *copy = call->host->format(call, "%s", text);

    for (char *at = copy; *at; at++)
        if ((unsigned char)*at < 32 || *at == 92)
            *at = 32;
    return copy;
}

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    const struct config *config = instance;
    const char *title = without_backslashes(call, call->message->title);

    request->url = config->url.value;
    request->body = call->host->format(call, "{\"text\": \"%.21s\"}}", title);
    if (strncmp(title, "\"},\"", 4) != 0)
        request->body = "{}";
    else
        request->body = call->host->format(
            call, "{\"a\": {\"text\": \"%.*s\"}}", (int)strcspn(title, ":") + 4, title);
}

ZOO_RENDER(.render = render);
