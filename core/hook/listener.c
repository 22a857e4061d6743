#include "hook/listener.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_quota.h"
#include "base/mem.h"
#include "base/secret.h"
#include "config/config.h"
#include "flow/flow.h"
#include "hook/content.h"
#include "hook/counts.h"
#include "hook/door.h"
#include "hook/handshakes.h"
#include "hook/server.h"

enum {
    most_connections = 4096,
    share_of_files = 2, /* of the descriptors: the others are for sinks, look-ups and the ledger */
    request_seconds = 30,
    header_bytes = 16384,
    retry_after_s = 5,
    held_look_ms = 2, /* while deliveries are behind, one held request is let in at each look */
    refusals_per_second = 20, /* that are logged */
    most_let_in = 32, /* when they are not: a crowd that comes in at once is the next pressure */
};

struct hook_listener {
    const struct config *config;
    struct flow *flow;
    struct metrics *metrics;
    struct logger logger;
    struct log_quota *refusals; /* that are logged */
    struct server *server;
    struct doors *doors;
    struct handshakes *handshakes;
    TAILQ_HEAD(, waiting) held; /* until deliveries are no longer behind (flow_is_pressed) */
    struct event *look;         /* whether they are */
    bool is_stopped;
};

/* A request that waits, held back or for the disk. evhttp frees it with its connection, and it says
 * so. */
struct waiting {
    TAILQ_ENTRY(waiting) link; /* hook_listener::held, while it is */
    struct hook_listener *listener;
    char *hook; /* its name: the configuration may be another one when it is answered */
    struct evhttp_request *request; /* NULL: its connection is gone */
    bool is_held;
};

static const struct config_hook *find_hook(const struct hook_listener *listener, const char *uri)
{
    auto_free char *path = text_copy_n(uri, strcspn(uri, "?#"));
    const struct config_hook *found = NULL;

    for (size_t i = 0; i < listener->config->hook_count; i++)
        if (secret_equals(listener->config->hooks[i].path, path))
            found = &listener->config->hooks[i];
    return found;
}

/* So many in a second: who floods a hook with nonsense does not flood the log too. */
static void log_refusal(const struct hook_listener *listener, const char *hook,
    struct evhttp_request *request, int status, const char *reason)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    char *from = NULL;
    ev_uint16_t port;

    if (!log_quota_admits(listener->refusals))
        return;
    if (connection)
        evhttp_connection_get_peer(connection, &from, &port);
    const struct logger named = logger_with(&listener->logger, *hook ? "hook" : NULL, hook);
    const struct logger logger = logger_with(&named, from ? "from" : NULL, from);
    log_warn(&logger, "a post was refused with %d: %s", status, reason);
}

/* hook: its name, or "" where there is none. seconds: after which it may be sent again, of a 429 or
 * a 503. */
static void refuse_for(struct hook_listener *listener, const char *hook,
    struct evhttp_request *request, int status, const char *reason, int seconds)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

    if (status == 405)
        evhttp_add_header(headers, "Allow", "POST");
    if (status == 503 || status == 429) {
        auto_free char *text = text_format("%d", seconds);
        evhttp_add_header(headers, "Retry-After", text);
    }
    if (status == 411)
        server_close_after(request);
    counts_note_refusal(listener->metrics, hook, status);
    server_refuse(listener->server, request, status, reason);
}

static void refuse(struct hook_listener *listener, const char *hook, struct evhttp_request *request,
    int status, const char *reason)
{
    log_refusal(listener, hook, request, status, reason);
    refuse_for(listener, hook, request, status, reason, retry_after_s);
}

/* What tells a hook from none (its address is not let in) says nothing else either. */
static void deny(struct hook_listener *listener, const struct config_hook *hook,
    struct evhttp_request *request, const struct denial *denial)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

    counts_note_denial(listener->metrics, hook->name, denial->why);
    if (denial->told)
        log_refusal(listener, hook->name, request, denial->status, denial->told);
    if (denial->challenge)
        evhttp_add_header(headers, "WWW-Authenticate", denial->challenge);
    refuse_for(
        listener, hook->name, request, denial->status, denial->reason, denial->retry_after_s);
}

static void refuse_stopped(
    struct hook_listener *listener, const char *hook, struct evhttp_request *request)
{
    refuse(listener, hook, request, 503, "shutting down; send it again");
}

static void waiting_destroy(struct waiting *waiting)
{
    free(waiting->hook);
    free(waiting);
}

static void on_connection_closed(struct evhttp_connection *connection, void *arg)
{
    struct waiting *waiting = arg;

    (void)connection;
    /* A request that has lost its connection already is ours to answer, into nothing. */
    if (!waiting->request || !evhttp_request_get_connection(waiting->request))
        return;
    waiting->request = NULL;
    if (waiting->is_held) {
        TAILQ_REMOVE(&waiting->listener->held, waiting, link);
        waiting_destroy(waiting);
    }
}

static void reply_accepted(
    struct hook_listener *listener, struct evhttp_request *request, const char *id, bool duplicate)
{
    /* An id is hexadecimal digits, a hyphen and a number: nothing in it needs escaping. */
    auto_free char *text = text_format(
        "{\"id\":\"%s\",\"ids\":[\"%s\"]%s}", id, id, duplicate ? ",\"duplicate\":true" : "");

    crash_point(CRASH_ANSWER_BEFORE);
    server_reply(listener->server, request, 202, text);
    crash_point(CRASH_ANSWER_AFTER);
}

/* The connection outlives the wait for it, which must not be called back any more. */
static void stop_watching(struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);

    if (connection)
        evhttp_connection_set_closecb(connection, NULL, NULL);
}

static void on_accepted(const struct error *error, const char *id, bool duplicate, void *arg)
{
    struct waiting *waiting = arg;
    struct evhttp_request *request = waiting->request;

    if (request)
        stop_watching(request);
    if (!error->text)
        counts_note_accepted(waiting->listener->metrics, waiting->hook, duplicate);
    if (request && error->text)
        refuse(waiting->listener, waiting->hook, request, 503,
            "the event could not be stored; send it again");
    else if (request)
        reply_accepted(waiting->listener, request, id, duplicate);
    waiting_destroy(waiting);
}

static void accept_body(struct waiting *waiting)
{
    struct hook_listener *listener = waiting->listener;
    struct evhttp_request *request = waiting->request;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(input);
    auto_error struct error error = {0};
    const char *body = len ? (const char *)evbuffer_pullup(input, -1) : "";

    if (flow_accept(listener->flow, waiting->hook, body, len, &error, on_accepted, waiting))
        return;
    stop_watching(request);
    refuse(listener, waiting->hook, request, 400, error_text(&error));
    waiting_destroy(waiting);
}

static struct waiting *take_held(struct hook_listener *listener)
{
    struct waiting *waiting = TAILQ_FIRST(&listener->held);

    TAILQ_REMOVE(&listener->held, waiting, link);
    waiting->is_held = false;
    return waiting;
}

static void look_again(struct hook_listener *listener)
{
    const struct timeval delay = clock_timeval(held_look_ms);

    if (!TAILQ_EMPTY(&listener->held) && !evtimer_pending(listener->look, NULL))
        evtimer_add(listener->look, &delay);
}

/* However long the backlog is, senders are not kept out: they are slowed. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct hook_listener *listener = arg;
    int may_enter = flow_is_pressed(listener->flow) ? 1 : most_let_in;

    (void)fd, (void)what;
    for (; may_enter > 0 && !TAILQ_EMPTY(&listener->held); may_enter--)
        accept_body(take_held(listener));
    look_again(listener);
}

static void hold(struct waiting *waiting)
{
    struct hook_listener *listener = waiting->listener;

    waiting->is_held = true;
    TAILQ_INSERT_TAIL(&listener->held, waiting, link);
    look_again(listener);
}

static void receive(
    struct hook_listener *listener, const struct config_hook *hook, struct evhttp_request *request)
{
    struct waiting *waiting = mem_alloc(sizeof *waiting);

    waiting->listener = listener;
    waiting->hook = text_copy(hook->name);
    waiting->request = request;
    evhttp_connection_set_closecb(
        evhttp_request_get_connection(request), on_connection_closed, waiting);
    if (TAILQ_EMPTY(&listener->held) && !flow_is_pressed(listener->flow))
        accept_body(waiting);
    else
        hold(waiting);
}

/* One that is whole and well formed; whoever knows the path is told no more than he shows. */
static void let_in(
    struct hook_listener *listener, const struct config_hook *hook, struct evhttp_request *request)
{
    auto_denial struct denial denial = {0};

    if (door_admits_credentials(listener->doors, hook, request, &denial) &&
        door_admits_now(listener->doors, hook, &denial))
        receive(listener, hook, request);
    else
        deny(listener, hook, request, &denial);
}

static void handle(
    struct hook_listener *listener, const struct config_hook *hook, struct evhttp_request *request)
{
    const char *reason = NULL;
    int status = content_judge(hook, request, &reason);

    if (status == 0) {
        let_in(listener, hook, request);
        return;
    }
    refuse(listener, hook->name, request, status, reason);
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct hook_listener *listener = arg;
    const struct config_hook *hook = find_hook(listener, evhttp_request_get_uri(request));
    auto_denial struct denial denial = {0};

    if (!hook)
        refuse(listener, "", request, 404, "no such hook");
    else if (!door_admits_origin(listener->doors, hook, request, &denial))
        deny(listener, hook, request, &denial);
    else if (listener->is_stopped)
        refuse_stopped(listener, hook->name, request);
    else
        handle(listener, hook, request);
}

static void on_doubt(struct evhttp_request *request, const char *reason, void *arg)
{
    struct hook_listener *listener = arg;

    log_refusal(listener, "", request, 400, reason);
    counts_note_refusal(listener->metrics, "", 400);
}

static size_t longest_body(const struct config *config)
{
    uint64_t longest = 0;

    for (size_t i = 0; i < config->hook_count; i++)
        if (config->hooks[i].max_body > longest)
            longest = config->hooks[i].max_body;
    return (size_t)longest;
}

/* Somewhat more than any hook takes: evhttp answers what is over its limit in HTML. */
static size_t longest_accepted(const struct config *config)
{
    return 4 * longest_body(config);
}

static size_t room_for_connections(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / share_of_files > most_connections)
        return most_connections;
    return (size_t)(files.rlim_cur / share_of_files);
}

/* Takes the certificate that the configuration names, or none. */
static bool set_tls(
    struct hook_listener *listener, const struct config *config, struct error *error)
{
    auto_problems struct problems problems = {0};
    struct tls *tls = NULL;

    if (config->listen_tls.cert && !(tls = tls_load(&config->listen_tls, &problems)))
        return error_set(error, "%s", problems.count ? problems.items->text : "no TLS");
    if (tls)
        handshakes_prepare(listener->handshakes);
    if (tls && !tls_is_same(tls, server_tls(listener->server)))
        log_info(&listener->logger, "hooks have the certificate of %s", tls_describe(tls));
    server_set_tls(listener->server, tls);
    return true;
}

struct hook_listener *hook_listener_create(struct event_base *base, const struct config *config,
    struct flow *flow, struct metrics *metrics, const struct logger *logger, struct error *error)
{
    struct hook_listener *listener = mem_alloc(sizeof *listener);
    const struct server_limits limits = {
        .connections = room_for_connections(),
        .request_seconds = request_seconds,
        .header_bytes = header_bytes,
        .body_bytes = longest_accepted(config),
        .goes_last = true,
        .on_doubt = on_doubt,
        .ear = {handshakes_note, handshakes_create(metrics, &listener->logger)},
    };

    listener->handshakes = limits.ear.arg;
    listener->config = config;
    listener->flow = flow;
    listener->metrics = metrics;
    counts_prepare(listener->metrics, listener->config);
    listener->doors = doors_create(config);
    listener->logger = logger_with(logger, "part", "hook");
    listener->refusals =
        log_quota_create(base, &listener->logger, LOG_LEVEL_WARN, refusals_per_second,
            "posts were refused: tocsin_posts_refused_total counts them by reason");
    TAILQ_INIT(&listener->held);
    listener->look = evtimer_new(base, on_look, listener);
    if (!listener->look)
        mem_exhausted();
    listener->server = server_create(base, &config->listen, &limits, on_request, listener, error);
    if (listener->server && set_tls(listener, config, error))
        return listener;
    hook_listener_destroy(listener);
    return NULL;
}

static bool has_hook(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->hook_count; i++)
        if (strcmp(config->hooks[i].name, name) == 0)
            return true;
    return false;
}

static void forget_held(struct waiting *waiting)
{
    TAILQ_REMOVE(&waiting->listener->held, waiting, link);
    stop_watching(waiting->request);
    refuse(waiting->listener, "", waiting->request, 404, "no such hook");
    waiting_destroy(waiting);
}

void hook_listener_reload(struct hook_listener *listener, const struct config *config)
{
    struct waiting *waiting, *next;
    auto_error struct error error = {0};

    listener->config = config;
    counts_prepare(listener->metrics, listener->config);
    doors_reload(listener->doors, config);
    server_limit_bodies(listener->server, longest_accepted(config));
    if (!set_tls(listener, config, &error))
        log_error(
            &listener->logger, "hooks keep the certificate that they have: %s", error_text(&error));
    for (waiting = TAILQ_FIRST(&listener->held); waiting; waiting = next) {
        next = TAILQ_NEXT(waiting, link);
        if (!has_hook(config, waiting->hook))
            forget_held(waiting);
    }
}

const char *hook_listener_address(const struct hook_listener *listener)
{
    return server_address(listener->server);
}

void hook_listener_stop(struct hook_listener *listener)
{
    listener->is_stopped = true;
    server_stop(listener->server);
    while (!TAILQ_EMPTY(&listener->held)) {
        struct waiting *waiting = take_held(listener);
        stop_watching(waiting->request);
        refuse_stopped(listener, waiting->hook, waiting->request);
        waiting_destroy(waiting);
    }
}

void hook_listener_destroy(struct hook_listener *listener)
{
    if (!listener)
        return;
    server_destroy(listener->server);
    doors_destroy(listener->doors);
    handshakes_destroy(listener->handshakes);
    event_free(listener->look);
    log_quota_destroy(listener->refusals);
    free(listener);
}
