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
#include <uthash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/mem.h"
#include "config/config.h"

enum {
    sweep_seconds = 1,
    accept_pause_ms = 200, /* after accept() failed for want of descriptors */
};

/* A connection, known by its bufferevent, to which the server holds a reference. */
struct peer {
    UT_hash_handle hh; /* server::peers, by stream */
    struct bufferevent *stream;
    int64_t since_ms; /* monotonic: connected, or its last answer sent */
    bool is_waiting;  /* for our answer: its sender is not the slow one */
};

struct server {
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct evconnlistener *listener;
    struct server_limits limits;
    void (*on_request)(struct evhttp_request *, void *);
    void *arg;
    struct peer *peers;
    bool is_stopped;
    bool is_full;
    struct event *sweeper;
    struct event *resume;
    char *address;
};

static struct peer *find_peer(struct server *server, const struct evhttp_request *request)
{
    struct evhttp_connection *connection =
        evhttp_request_get_connection((struct evhttp_request *)request);
    struct bufferevent *stream = connection ? evhttp_connection_get_bufferevent(connection) : NULL;
    struct peer *peer = NULL;

    if (stream)
        HASH_FIND_PTR(server->peers, &stream, peer);
    return peer;
}

static void peer_forget(struct server *server, struct peer *peer)
{
    HASH_DEL(server->peers, peer); /* NOLINT: the table goes with its last entry only */
    bufferevent_decref(peer->stream);
    free(peer);
}

/* evhttp takes its callbacks off a stream when it frees the connection. */
static bool peer_is_gone(const struct peer *peer)
{
    bufferevent_data_cb on_read = NULL;

    bufferevent_getcb(peer->stream, &on_read, NULL, NULL, NULL);
    return on_read == NULL;
}

static void limit_connections(struct server *server)
{
    bool is_full = HASH_COUNT(server->peers) >= server->limits.connections;

    if (server->is_stopped || is_full == server->is_full)
        return;
    server->is_full = is_full;
    if (is_full)
        evconnlistener_disable(server->listener);
    else
        evconnlistener_enable(server->listener);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;
    int64_t limit_ms = server->limits.request_seconds * (int64_t)1000;
    int64_t now_ms = clock_mono_ms();
    struct peer *peer, *next;

    (void)fd, (void)what;
    HASH_ITER (hh, server->peers, peer, next) {
        if (peer_is_gone(peer))
            peer_forget(server, peer);
        else if (!peer->is_waiting && now_ms - peer->since_ms > limit_ms)
            bufferevent_trigger_event(peer->stream, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
    }
    limit_connections(server);
}

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct server *server = arg;
    struct peer *peer = mem_alloc(sizeof *peer);

    peer->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!peer->stream)
        mem_exhausted();
    if (server->limits.goes_last)
        bufferevent_priority_set(peer->stream, LOOP_LAST);
    /* evhttp keeps a body in the stream until it is whole, and after it has refused one that is too
     * long it goes on reading, and keeps it all: it may hold one request that it takes, no more. */
    bufferevent_setwatermark(
        peer->stream, EV_READ, 0, server->limits.body_bytes + server->limits.header_bytes);
    bufferevent_incref(peer->stream);
    peer->since_ms = clock_mono_ms();
    HASH_ADD_PTR(server->peers, stream, peer);
    limit_connections(server);
    return peer->stream;
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct server *server = arg;

    (void)fd, (void)what;
    if (!server->is_stopped && !server->is_full)
        evconnlistener_enable(server->listener);
}

/* Without descriptors accept() fails at once, for ever: rest a moment. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
    const struct timeval pause = clock_timeval(accept_pause_ms);
    struct server *server = arg;

    evconnlistener_disable(listener);
    evtimer_add(server->resume, &pause);
}

static void on_any_request(struct evhttp_request *request, void *arg)
{
    struct server *server = arg;
    struct peer *peer = find_peer(server, request);

    if (peer)
        peer->is_waiting = true;
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
    struct peer *peer, *next;
    HASH_ITER (hh, server->peers, peer, next)
        peer_forget(server, peer);
    event_free(server->sweeper);
    event_free(server->resume);
    free(server->address);
    free(server);
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
    struct peer *peer = find_peer(server, request);

    if (peer) {
        peer->is_waiting = false;
        peer->since_ms = clock_mono_ms();
    }
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
