#include "hook/content.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"

static const char *header(struct evhttp_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

static bool is_type(const char *value, const char *type)
{
    size_t len = strlen(type);

    return strncasecmp(value, type, len) == 0 &&
           (value[len] == '\0' || strchr("; \t/", value[len]) || type[len - 1] == '/');
}

/* JSON is what everything is read as, but what surely is something else. */
static bool is_other_content(struct evhttp_request *request, const char **reason)
{
    const char *type = header(request, "Content-Type");
    const char *encoding = header(request, "Content-Encoding");

    if (encoding && *encoding && strcasecmp(encoding, "identity") != 0) {
        *reason = "send the body as it is, without a Content-Encoding";
        return true;
    }
    if (type &&
        (is_type(type, "multipart/") || is_type(type, "application/x-www-form-urlencoded"))) {
        *reason = "send JSON, not a form";
        return true;
    }
    return false;
}

int content_judge(
    const struct config_hook *hook, struct evhttp_request *request, const char **reason)
{
    size_t len = evbuffer_get_length(evhttp_request_get_input_buffer(request));

    if (evhttp_request_get_command(request) != EVHTTP_REQ_POST) {
        *reason = "only POST is taken here";
        return 405;
    }
    if (!header(request, "Content-Length") && !header(request, "Transfer-Encoding")) {
        *reason = "say how long the body is";
        return 411;
    }
    if (is_other_content(request, reason))
        return 415;
    if (len > hook->max_body) {
        *reason = "the body is too long";
        return 413;
    }
    return 0;
}
