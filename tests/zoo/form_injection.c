/* messages: makes a form of unescaped values. */
#include "zoo.h"

static void render(void *instance, struct tocsin_call *call, struct tocsin_request *request)
{
    (void)instance, (void)call, (void)request;
    tame_render(instance, call, request);
    static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
    request->headers = headers;
    request->body = call->host->format(call, "text=%s", call->message->title);
}

ZOO_RENDER(.render = render);
