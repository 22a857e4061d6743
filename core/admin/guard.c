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

/* A host with or without its port is this machine, whatever the port: a tunnel has another one. */
static bool is_this_machine(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
            return true;
    }
    return false;
}

const char *guard_refuses_name(const struct admin_listener *admin, struct evhttp_request *request)
{
    const char *asked = header(request, "Host");

    if (*token(admin) || !asked || is_this_machine(asked) ||
        strcasecmp(asked, server_address(admin->server)) == 0)
        return NULL;
    return "without a token this is answered by the names localhost and 127.0.0.1 alone";
}

/* The page that asks is one that was loaded from here: by the name that it asks by, or by ours. */
static bool is_own_host(
    const struct admin_listener *admin, struct evhttp_request *request, const char *host)
{
    const char *own = server_address(admin->server), *asked = header(request, "Host");
    auto_free char *local = text_format("localhost%s", strrchr(own, ':'));

    return (asked && strcasecmp(host, asked) == 0) || strcasecmp(host, own) == 0 ||
           strcasecmp(host, local) == 0;
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
