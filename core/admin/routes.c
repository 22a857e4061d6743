/* Which path is answered by whom. */
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin-private.h"
#include "admin/exchange.h"
#include "admin/reading.h"
#include "admin/records.h"
#include "admin/report.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "event/document.h"
#include "hook/server.h"

enum {
    longest_body = 1 << 20,
};

static void answer_health(const struct admin_call *call)
{
    admin_reply(call, 200, "{\"status\":\"alive\"}");
}

static void answer_ready(const struct admin_call *call)
{
    bool is_ready;
    auto_free char *text = report_ready(&call->admin->parts, &is_ready);

    admin_reply(call, is_ready ? 200 : 503, text);
}

static void answer_status(const struct admin_call *call)
{
    auto_free char *text = report_status(&call->admin->parts);

    admin_reply(call, 200, text);
}

static void on_record(const struct record_answer *answer, const char *failure, void *arg)
{
    struct exchange *exchange = arg;

    if (answer)
        exchange_reply(exchange, answer->status, answer->text);
    else if (failure)
        exchange_refuse(exchange, 503, failure);
    else
        exchange_destroy(exchange);
}

/* What the ledger is read for. */
static void answer_records(const struct admin_call *call)
{
    readings_ask(call->admin->readings, evhttp_request_get_uri(call->request), on_record,
        exchange_begin(call->admin->server, call->request));
}

/* The listener's own parts may be other ones afterwards. */
static void answer_reload(const struct admin_call *call)
{
    const struct admin_parts *parts = &call->admin->parts;
    json_t *report = NULL;

    if (json_object_size(call->body) > 0) {
        admin_refuse(call, 400, "to reload takes no parameters");
        return;
    }
    bool is_done = parts->reload(parts->arg, &report);
    auto_free char *text = json_dumps(report, JSON_COMPACT);
    admin_reply(call, is_done ? 200 : 422, text);
    json_decref(report);
}

struct route {
    const char *path; /* a star stands for one segment that is not empty */
    void (*answer)(const struct admin_call *);
    enum evhttp_cmd_type method;
    bool is_open; /* answers without the token */
};

static const struct route routes[] = {
    {"/", answer_page, EVHTTP_REQ_GET, true},
    {"/page/*", answer_page_file, EVHTTP_REQ_GET, true},
    {"/healthz", answer_health, EVHTTP_REQ_GET, true},
    {"/readyz", answer_ready, EVHTTP_REQ_GET, true},
    {"/metrics", answer_metrics, EVHTTP_REQ_GET, false},
    {"/api/v1/status", answer_status, EVHTTP_REQ_GET, false},
    {"/api/v1/sinks", answer_sinks, EVHTTP_REQ_GET, false},
    {"/api/v1/sinks/*/pause", answer_pause, EVHTTP_REQ_POST, false},
    {"/api/v1/sinks/*/resume", answer_resume, EVHTTP_REQ_POST, false},
    {"/api/v1/sinks/*/drill", answer_drill, EVHTTP_REQ_POST, false},
    {"/api/v1/reload", answer_reload, EVHTTP_REQ_POST, false},
    {"/api/v1/events", answer_records, EVHTTP_REQ_GET, false},
    {"/api/v1/events/*", answer_records, EVHTTP_REQ_GET, false},
    {"/api/v1/deliveries", answer_records, EVHTTP_REQ_GET, false},
    {"/api/v1/inbox", answer_records, EVHTTP_REQ_GET, false},
    {"/api/v1/inbox/read", answer_inbox_read, EVHTTP_REQ_POST, false},
    {"/api/v1/deliveries/*/retry", answer_retry_one, EVHTTP_REQ_POST, false},
    {"/api/v1/retry", answer_retry, EVHTTP_REQ_POST, false},
    {"/api/v1/skip", answer_skip, EVHTTP_REQ_POST, false},
    {"/api/v1/replay", answer_replay, EVHTTP_REQ_POST, false},
    {"/api/v1/rules", answer_rules, EVHTTP_REQ_GET, false},
    {"/api/v1/explain", answer_explain, EVHTTP_REQ_POST, false},
    {"/api/v1/what-if", answer_what_if, EVHTTP_REQ_POST, false},
    {"/api/v1/stream", answer_stream, EVHTTP_REQ_GET, false},
};

enum {
    route_count = sizeof routes / sizeof *routes,
};

/* The star's part of the path, still encoded, is where *name points and name_len long. */
static bool path_matches(const char *pattern, const char *path, const char **name, size_t *name_len)
{
    const char *star = strchr(pattern, '*');

    *name = "";
    *name_len = 0;
    if (!star)
        return strcmp(pattern, path) == 0;
    size_t head = (size_t)(star - pattern);
    if (strncmp(pattern, path, head) != 0)
        return false;
    *name = path + head;
    *name_len = strcspn(*name, "/");
    return *name_len > 0 && strcmp(star + 1, *name + *name_len) == 0;
}

/* The route of the path and method. Without one for the method *allowed lists those that there
 * are. */
static const struct route *find_route(const char *path, enum evhttp_cmd_type method,
    const char **name, size_t *name_len, struct buf *allowed)
{
    for (size_t i = 0; i < route_count; i++) {
        if (!path_matches(routes[i].path, path, name, name_len))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        buf_printf(allowed, "%s%s", allowed->len ? ", " : "",
            routes[i].method == EVHTTP_REQ_GET ? "GET" : "POST");
    }
    return NULL;
}

static void refuse_path(const struct admin_call *call, const struct buf *allowed)
{
    if (allowed->len == 0) {
        admin_refuse(call, 404, "there is nothing here");
        return;
    }
    auto_free char *reason = text_format("only %s is taken here", allowed->data);
    evhttp_add_header(evhttp_request_get_output_headers(call->request), "Allow", buf_text(allowed));
    admin_refuse(call, 405, reason);
}

/* False when the call was refused. */
static bool read_body(struct admin_call *call)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(call->request);
    size_t len = evbuffer_get_length(input);

    if (len > longest_body) {
        admin_refuse(call, 413, "the body is too long");
        return false;
    }
    call->body =
        len ? document_parse((const char *)evbuffer_pullup(input, -1), len, NULL) : json_object();
    if (json_is_object(call->body))
        return true;
    admin_refuse(call, 400, "the body must be a JSON object");
    return false;
}

static bool may_pass(const struct admin_call *call, const struct route *route)
{
    if (!route->is_open && !guard_is_authorized(call->admin, call->request)) {
        admin_refuse(call, 401, "send the admin token: Authorization: Bearer ...");
        return false;
    }
    const char *refusal = route->is_open ? NULL : guard_refuses_name(call->admin, call->request);
    if (!refusal && route->method == EVHTTP_REQ_POST)
        refusal = guard_refuses_change(call->admin, call->request);
    if (refusal)
        admin_refuse(call, 403, refusal);
    return !refusal;
}

void admin_route(struct evhttp_request *request, void *arg)
{
    struct admin_call call = {.admin = arg, .request = request};
    const char *uri = evhttp_request_get_uri(request), *name;
    auto_free char *path = text_copy_n(uri, strcspn(uri, "?#"));
    auto_buf struct buf allowed = {0};
    size_t name_len, decoded_len = 0;
    const struct route *route =
        find_route(path, evhttp_request_get_command(request), &name, &name_len, &allowed);

    if (!route) {
        refuse_path(&call, &allowed);
        return;
    }
    if (!may_pass(&call, route))
        return;
    auto_free char *encoded = text_copy_n(name, name_len);
    auto_free char *decoded = evhttp_uridecode(encoded, 0, &decoded_len);
    if (!decoded || strlen(decoded) != decoded_len) { /* no name has a NUL in it */
        admin_refuse(&call, 404, "there is nothing here");
        return;
    }
    call.name = decoded;
    if (route->method != EVHTTP_REQ_POST || read_body(&call))
        route->answer(&call);
    json_decref(call.body);
}
