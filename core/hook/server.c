#include "hook/server.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <jansson.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/mem.h"
#include "config/config.h"
#include "hook/crowd.h"

enum {
    sweep_seconds = 1,
    handshake_ms = 10000,  /* a sender with a slow line needs one or two */
    accept_pause_ms = 200, /* after accept() failed for want of descriptors */
    made_room = 16,        /* connections that are ended then */
};

struct server {
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct evconnlistener *listener;
    struct server_limits limits;
    void (*on_request)(struct evhttp_request *, void *);
    void *arg;
    struct crowd crowd;
    struct tls *tls; /* NULL: plain HTTP */
    bool is_stopped;
    bool is_full;
    struct event *sweeper;
    struct event *resume;
    char *address;
};

static void listen_while_there_is_room(struct server *server, bool has_room)
{
    if (server->is_stopped || server->is_full != has_room)
        return;
    server->is_full = !has_room;
    if (has_room)
        evconnlistener_enable(server->listener);
    else
        evconnlistener_disable(server->listener);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;

    (void)fd, (void)what;
    crowd_sweep(&server->crowd, clock_mono_ms(), server->limits.request_seconds * (int64_t)1000,
        handshake_ms);
    listen_while_there_is_room(server, crowd_count(&server->crowd) < server->limits.connections);
}

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct server *server = arg;
    struct bufferevent *stream = server->tls
                                     ? tls_stream_new(server->tls, base)
                                     : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (!stream)
        mem_exhausted();
    if (server->limits.goes_last)
        bufferevent_priority_set(stream, LOOP_LAST);
    /* evhttp keeps a body in the stream until it is whole, and after it has refused one that is too
     * long it goes on reading, and keeps it all: it may hold one request that it takes, no more. */
    bufferevent_setwatermark(
        stream, EV_READ, 0, server->limits.body_bytes + server->limits.header_bytes);
    crowd_make_room(&server->crowd, server->limits.connections - 1);
    crowd_add(&server->crowd, stream, clock_mono_ms());
    listen_while_there_is_room(server, crowd_count(&server->crowd) < server->limits.connections ||
                                           !TAILQ_EMPTY(&server->crowd.idle));
    return stream;
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;

    (void)fd, (void)what;
    if (!server->is_stopped && !server->is_full)
        evconnlistener_enable(server->listener);
}

/* Without descriptors accept() fails at once, for ever: rest a moment. Whoever opens files next may
 * need them as badly as the sender who waits at the door. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
    const struct timeval pause = clock_timeval(accept_pause_ms);
    struct server *server = arg;
    size_t count = crowd_count(&server->crowd);

    crowd_make_room(&server->crowd, count > made_room ? count - made_room : 0);
    evconnlistener_disable(listener);
    evtimer_add(server->resume, &pause);
}

/* Where a request ends is in doubt, and so is all that follows on its connection. */
static void refuse_doubtful(
    struct server *server, struct evhttp_request *request, const char *fault)
{
    const char *reason = fault ? fault : "the end of the request is in doubt";

    server_close_after(request);
    if (server->limits.on_doubt)
        server->limits.on_doubt(request, reason, server->arg);
    server_refuse(server, request, 400, reason);
}

static void on_any_request(struct evhttp_request *request, void *arg)
{
    struct server *server = arg;
    struct peer *peer = crowd_find(&server->crowd, request);
    uint64_t number = peer ? peer->requests : 0;

    if (peer)
        crowd_note_request(&server->crowd, peer);
    if (peer && !framing_is_sure(&peer->framing, number))
        refuse_doubtful(server, request, peer->framing.fault);
    else
        server->on_request(request, server->arg);
}

static char *describe_address(evutil_socket_t fd)
{
    struct sockaddr_storage any = {0};
    socklen_t len = sizeof any;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&any, &len) < 0 ||
        getnameinfo((struct sockaddr *)&any, len, host, sizeof host, port, sizeof port,
            NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return text_copy("an address that cannot be told");
    return text_format(any.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static bool server_bind(
    struct server *server, const struct config_address *address, struct error *error)
{
    errno = 0;
    server->bound =
        evhttp_bind_socket_with_handle(server->http, address->host, (ev_uint16_t)address->port);
    if (!server->bound)
        return error_set(error, "cannot listen on %s port %d: %s", address->host, address->port,
            errno ? strerror(errno) : "no such address");
    server->listener = evhttp_bound_socket_get_listener(server->bound);
    evconnlistener_set_error_cb(server->listener, on_accept_failed);
    server->address = describe_address(evhttp_bound_socket_get_fd(server->bound));
    return true;
}

/* All methods reach the handler: evhttp would refuse them in HTML. */
static void set_manners(struct server *server)
{
    evhttp_set_allowed_methods(server->http,
        EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
            EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_max_headers_size(server->http, (ev_ssize_t)server->limits.header_bytes);
    evhttp_set_max_body_size(server->http, (ev_ssize_t)server->limits.body_bytes);
    evhttp_set_timeout(server->http, server->limits.request_seconds);
    evhttp_set_bevcb(server->http, on_connection, server);
    evhttp_set_gencb(server->http, on_any_request, server);
}

struct server *server_create(struct event_base *base, const struct config_address *address,
    const struct server_limits *limits, void (*on_request)(struct evhttp_request *, void *),
    void *arg, struct error *error)
{
    static const struct timeval period = {sweep_seconds, 0};
    struct server *server = mem_alloc(sizeof *server);

    server->base = base;
    server->limits = *limits;
    crowd_init(&server->crowd);
    server->on_request = on_request;
    server->arg = arg;
    server->http = evhttp_new(base);
    server->sweeper = event_new(base, -1, EV_PERSIST, on_sweep, server);
    server->resume = evtimer_new(base, on_resume, server);
    if (!server->http || !server->sweeper || !server->resume)
        mem_exhausted();
    set_manners(server);
    if (!server_bind(server, address, error)) {
        server_destroy(server);
        return NULL;
    }
    event_add(server->sweeper, &period);
    return server;
}

void server_destroy(struct server *server)
{
    if (!server)
        return;
    evhttp_free(server->http);
    crowd_finish(&server->crowd);
    tls_destroy(server->tls);
    event_free(server->sweeper);
    event_free(server->resume);
    free(server->address);
    free(server);
}

void server_set_tls(struct server *server, struct tls *tls)
{
    tls_destroy(server->tls);
    server->tls = tls;
    if (tls)
        tls_listen_to(tls, &server->limits.ear);
}

const struct tls *server_tls(const struct server *server)
{
    return server->tls;
}

void server_limit_bodies(struct server *server, size_t bytes)
{
    server->limits.body_bytes = bytes;
    evhttp_set_max_body_size(server->http, (ev_ssize_t)bytes);
}

void server_stop(struct server *server)
{
    server->is_stopped = true;
    evconnlistener_disable(server->listener);
}

const char *server_address(const struct server *server)
{
    return server->address;
}

void server_close_after(struct evhttp_request *request)
{
    evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
}

void server_reply(
    struct server *server, struct evhttp_request *request, int status, const char *json)
{
    server_reply_as(server, request, status, "application/json", json);
}

void server_reply_as(struct server *server, struct evhttp_request *request, int status,
    const char *type, const char *text)
{
    struct evbuffer *body = evhttp_request_get_output_buffer(request);
    struct peer *peer = crowd_find(&server->crowd, request);

    if (peer)
        crowd_note_answer(&server->crowd, peer, clock_mono_ms());
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
    if (server->is_stopped)
        server_close_after(request);
    if (evbuffer_add(body, text, strlen(text)) < 0)
        mem_exhausted();
    evhttp_send_reply(request, status, NULL, NULL);
}

void server_refuse(
    struct server *server, struct evhttp_request *request, int status, const char *reason)
{
    auto_json json_t *body = json_pack("{s:s}", "error", reason);
    auto_free char *text = json_dumps(body, JSON_COMPACT);

    server_reply(server, request, status, text ? text : "{\"error\":\"?\"}");
}
