#include "admin/listener.h"

#include <event2/http.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "admin/report.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "config/config.h"
#include "hook/server.h"
#include "lane/worker.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store/sqlite.h"

enum {
    most_connections = 256,
    request_seconds = 30,
    header_bytes = 16384,
    body_bytes = 1 << 20,
    read_timeout_ms = 10000,
    read_grace_ms = 2000,
    threads_that_may_be_lost = 8,
};

struct admin_listener {
    struct admin_parts parts;
    struct server *server;
    struct worker_lane *readers; /* the ledger is read beside the loop */
};

/* A request that waits for the ledger's reader. */
struct reading {
    struct admin_listener *admin;
    struct evhttp_request *request; /* NULL: its connection is gone */
    int64_t event;
    char *story; /* the reader's result, NULL when it failed */
    struct error error;
};

static void *reader_open(void *context, void *job)
{
    const struct admin_listener *admin = context;
    struct reading *reading = job;

    return sqlite_archive_open(admin->parts.config->ledger_path, &reading->error);
}

static void reader_run(void *context, void *instance, void *job, const struct worker_limits *limits)
{
    struct archive *archive = instance;
    struct reading *reading = job;

    (void)context, (void)limits;
    reading->story = archive->ops->get_event(archive, reading->event, &reading->error);
}

static void reader_close(void *context, void *instance)
{
    struct archive *archive = instance;

    (void)context;
    archive->ops->close(archive);
}

static void reading_destroy(struct reading *reading)
{
    error_finish(&reading->error);
    free(reading->story);
    free(reading);
}

static void on_read(void *context, void *job, bool opened)
{
    struct admin_listener *admin = context;
    struct reading *reading = job;
    struct evhttp_request *request = reading->request;
    struct evhttp_connection *connection = request ? evhttp_request_get_connection(request) : NULL;

    (void)opened;
    if (connection)
        evhttp_connection_set_closecb(connection, NULL, NULL);
    if (request && reading->story) {
        auto_free char *text = report_event(reading->story, admin->parts.journal);
        server_reply(admin->server, request, 200, text);
    } else if (request) {
        server_refuse(admin->server, request, 404, error_text(&reading->error));
    }
    reading_destroy(reading);
}

static void on_read_overstayed(void *context, void *job)
{
    struct admin_listener *admin = context;
    const struct reading *reading = job; /* left to the lost thread */

    if (!reading->request)
        return;
    if (evhttp_request_get_connection(reading->request))
        evhttp_connection_set_closecb(evhttp_request_get_connection(reading->request), NULL, NULL);
    server_refuse(admin->server, reading->request, 503, "the ledger could not be read in time");
}

static void on_read_dropped(void *context, void *job)
{
    (void)context;
    reading_destroy(job);
}

static const struct worker_ops reader_ops = {
    .open = reader_open,
    .run = reader_run,
    .close = reader_close,
    .done = on_read,
    .overstayed = on_read_overstayed,
    .dropped = on_read_dropped,
};

static void on_connection_closed(struct evhttp_connection *connection, void *arg)
{
    struct reading *reading = arg;

    (void)connection;
    if (reading->request && evhttp_request_get_connection(reading->request))
        reading->request = NULL;
}

/* "3f9a1c-e17" of this ledger, or 17, to 17; 0 when it is neither. */
static int64_t event_number(const struct journal *journal, const char *id)
{
    const char *ledger = ((struct journal *)journal)->ops->ledger_id((struct journal *)journal);
    size_t len = strlen(ledger);
    char *end;

    if (strncmp(id, ledger, len) == 0 && strncmp(id + len, "-e", 2) == 0)
        id += len + 2;
    int64_t number = strtoll(id, &end, 10);
    return *id && *end == '\0' && number > 0 ? number : 0;
}

static void answer_event(
    struct admin_listener *admin, struct evhttp_request *request, const char *id)
{
    int64_t number = event_number(admin->parts.journal, id);

    if (number == 0) {
        server_refuse(admin->server, request, 404, "no event has such an id");
        return;
    }
    if (worker_lane_room(admin->readers) == 0) {
        server_refuse(admin->server, request, 503, "the ledger is being read; ask again");
        return;
    }
    struct reading *reading = mem_alloc(sizeof *reading);
    reading->admin = admin;
    reading->request = request;
    reading->event = number;
    evhttp_connection_set_closecb(
        evhttp_request_get_connection(request), on_connection_closed, reading);
    worker_lane_run(admin->readers, reading, read_timeout_ms, read_grace_ms);
}

static void answer_health(
    struct admin_listener *admin, struct evhttp_request *request, const char *unused)
{
    (void)unused;
    server_reply(admin->server, request, 200, "{\"status\":\"alive\"}");
}

static void answer_ready(
    struct admin_listener *admin, struct evhttp_request *request, const char *unused)
{
    bool is_ready;
    auto_free char *text = report_ready(&admin->parts, &is_ready);

    (void)unused;
    server_reply(admin->server, request, is_ready ? 200 : 503, text);
}

static void answer_status(
    struct admin_listener *admin, struct evhttp_request *request, const char *unused)
{
    auto_free char *text = report_status(&admin->parts);

    (void)unused;
    server_reply(admin->server, request, 200, text);
}

struct route {
    const char *path; /* one that ends with a slash takes the rest as an argument */
    bool is_open;     /* answers without the token */
    void (*answer)(struct admin_listener *, struct evhttp_request *, const char *rest);
};

static const struct route routes[] = {
    {"/healthz", true, answer_health},
    {"/readyz", true, answer_ready},
    {"/api/v1/status", false, answer_status},
    {"/api/v1/events/", false, answer_event},
};

static const struct route *find_route(const char *path, const char **rest)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t len = strlen(routes[i].path);
        bool takes_rest = routes[i].path[len - 1] == '/';
        if (takes_rest ? strncmp(path, routes[i].path, len) == 0
                       : strcmp(path, routes[i].path) == 0) {
            *rest = path + len;
            return &routes[i];
        }
    }
    return NULL;
}

static bool is_authorized(const struct admin_listener *admin, struct evhttp_request *request)
{
    const char *token = secret_reveal(&admin->parts.config->admin_token);
    const char *given =
        evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");

    if (!*token)
        return true; /* on loopback none is required */
    return given && strncmp(given, "Bearer ", 7) == 0 && secret_equals(token, given + 7);
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct admin_listener *admin = arg;
    const char *uri = evhttp_request_get_uri(request), *rest;
    auto_free char *path = text_copy_n(uri, strcspn(uri, "?#"));
    const struct route *route = find_route(path, &rest);

    if (!route)
        server_refuse(admin->server, request, 404, "there is nothing here");
    else if (!route->is_open && !is_authorized(admin, request))
        server_refuse(
            admin->server, request, 401, "send the admin token: Authorization: Bearer ...");
    else if (evhttp_request_get_command(request) != EVHTTP_REQ_GET)
        server_refuse(admin->server, request, 405, "only GET is taken here");
    else
        route->answer(admin, request, rest);
}

struct admin_listener *admin_listener_create(const struct admin_parts *parts, struct error *error)
{
    static const struct server_limits limits = {
        .connections = most_connections,
        .request_seconds = request_seconds,
        .header_bytes = header_bytes,
        .body_bytes = body_bytes,
    };
    struct admin_listener *admin = mem_alloc(sizeof *admin);

    admin->parts = *parts;
    admin->server =
        server_create(parts->base, &parts->config->admin, &limits, on_request, admin, error);
    if (!admin->server) {
        free(admin);
        return NULL;
    }
    admin->readers =
        worker_lane_create(parts->base, 1, threads_that_may_be_lost, &reader_ops, admin);
    return admin;
}

const char *admin_listener_address(const struct admin_listener *admin)
{
    return server_address(admin->server);
}

bool admin_listener_destroy(struct admin_listener *admin)
{
    if (!admin)
        return true;
    bool all_back = worker_lane_destroy(admin->readers);
    server_destroy(admin->server);
    if (all_back)
        free(admin);
    return all_back;
}
