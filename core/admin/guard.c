/* Who may ask, and who may change. */
#include <event2/http.h>
#include <string.h>
#include <strings.h>

#include "admin/admin-private.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/secret.h"
#include "config/config.h"
#include "hook/server.h"

static const char *header(struct evhttp_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

static const char *token(const struct admin_listener *admin)
{
    return secret_reveal(&admin->parts.config->admin_token);
}

bool guard_is_authorized(const struct admin_listener *admin, struct evhttp_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *given = header(request, "Authorization");

    if (!*token(admin))
        return true; /* on loopback none is required */
    return given && strncmp(given, scheme, sizeof scheme - 1) == 0 &&
           secret_equals(token(admin), given + sizeof scheme - 1);
}

/* Without a token the name that the page was loaded by must be ours: a name of somebody else that
 * leads here (DNS rebinding) would make his page one of this origin. With a token that name may be
 * a proxy's, and his page does not have the token. */
static bool is_own_host(
    const struct admin_listener *admin, struct evhttp_request *request, const char *host)
{
    const char *own = server_address(admin->server), *asked = header(request, "Host");
    auto_free char *local = text_format("localhost%s", strrchr(own, ':'));

    if (*token(admin) && asked && strcasecmp(host, asked) == 0)
        return true;
    return strcasecmp(host, own) == 0 || strcasecmp(host, local) == 0;
}

const char *guard_refuses_change(const struct admin_listener *admin, struct evhttp_request *request)
{
    const char *mark = header(request, "X-Tocsin"), *origin = header(request, "Origin");
    const char *host = origin ? strstr(origin, "://") : NULL;

    if (!mark || strcmp(mark, "1") != 0)
        return "a change needs the header X-Tocsin: 1";
    if (origin && (!host || !is_own_host(admin, request, host + strlen("://"))))
        return "pages of another origin may change nothing here";
    return NULL;
}
