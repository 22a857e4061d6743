#include "sink/sink_host.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parcel.h"
#include "lane/frame.h"
#include "lane/http.h"
#include "lane/worker.h"
#include "message/filling.h"
#include "sink/call.h"
#include "sink/cargo.h"
#include "sink/plugin.h"

static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};

/* An answer as the plugin sees it, with what finds its headers behind it. */
struct seen_answer {
    struct tocsin_answer face;
    struct http_answer http;
};

struct sink_host {
    int socket;
    struct plugin *plugin;
    struct frame_inbox inbox;
    struct buf out;
    struct buf config_bytes; /* what the texts of the config point into */
    void *config;
    void *instance; /* NULL: not open */
    struct filling filling;
    /* The attempt under way: from render to the next attempt, since what it gave lives so long. */
    struct call call;
    bool has_call;
    struct tocsin_message message;
    struct worker_limits limits;
};

static struct parcel begin(struct sink_host *host, uint8_t kind)
{
    frame_begin(&host->out, kind);
    return parcel_to(&host->out);
}

static bool send(struct sink_host *host)
{
    return frame_send(host->socket, &host->out, -1) == FRAME_HERE;
}

void sink_host_refuse(int socket, const char *why)
{
    auto_buf struct buf frame = {0};

    frame_begin(&frame, CARGO_NO_PLUGIN);
    buf_puts(&frame, why);
    frame_send(socket, &frame, -1);
}

/* Waits for the next frame; false when there will be none. */
static bool receive(struct sink_host *host, uint8_t *kind, const char **data, size_t *len)
{
    enum frame_fate fate = frame_next(&host->inbox, kind, data, len);

    while (fate == FRAME_NOT_YET) {
        struct pollfd readable = {.fd = host->socket, .events = POLLIN};
        poll(&readable, 1, -1);
        fate = frame_read(&host->inbox, host->socket);
        if (fate == FRAME_HERE)
            fate = frame_next(&host->inbox, kind, data, len);
    }
    return fate == FRAME_HERE;
}

/* Without the daemon there is nothing to be done any more. */
static bool receive_or_end(struct sink_host *host, uint8_t *kind, const char **data, size_t *len)
{
    if (!receive(host, kind, data, len))
        _exit(EXIT_SUCCESS);
    return true;
}

/* The daemon stops: whatever is under way has no time left. */
static void note_stop(struct sink_host *host)
{
    host->limits.deadline_ms = 0;
}

/* For the call's host->event_json(). */
static char *fetch_event(const void *source)
{
    struct sink_host *host = (struct sink_host *)(uintptr_t)source;
    const char *data, *text = NULL;
    uint8_t kind;
    size_t len;

    begin(host, CARGO_WANTS_EVENT);
    if (!send(host))
        _exit(EXIT_SUCCESS);
    while (receive_or_end(host, &kind, &data, &len) && kind == CARGO_STOP)
        note_stop(host);
    struct parcel parcel = parcel_from(data, len);
    parcel_text(&parcel, &text);
    char *copy = text_copy(text);
    /* A stop may have come right behind it: the socket will not tell of it any more. */
    if (frame_next(&host->inbox, &kind, &data, &len) == FRAME_HERE && kind == CARGO_STOP)
        note_stop(host);
    return copy;
}

/* For the call's host->log(). */
static void send_line(const void *source, const char *line)
{
    struct sink_host *host = (struct sink_host *)(uintptr_t)source;

    begin(host, CARGO_LOG);
    buf_puts(&host->out, line);
    send(host);
}

static void drop_line(const void *source, const char *line)
{
    (void)source, (void)line;
}

static void call_begin(struct sink_host *host, bool wants_log)
{
    if (host->has_call)
        call_finish(&host->call);
    call_init(&host->call, &silent);
    host->has_call = true;
    host->call.source = host;
    host->call.make_event_json = fetch_event;
    host->call.hear = wants_log ? send_line : drop_line;
    host->call.filling = &host->filling;
}

static bool answer_yes_or_no(struct sink_host *host, bool ok, const char *why)
{
    struct parcel parcel = begin(host, CARGO_DONE);

    parcel_bool(&parcel, &ok);
    parcel_text(&parcel, &why);
    return send(host);
}

/* The texts stay where they are: the bytes are kept. */
static struct parcel take_config(struct sink_host *host, struct parcel *parcel)
{
    buf_clear(&host->config_bytes);
    buf_append(&host->config_bytes, parcel->data, parcel->len);
    struct parcel kept = parcel_from(host->config_bytes.data, host->config_bytes.len);
    memset(host->config, 0, host->plugin->descriptor.config_size);
    cargo_config(&kept, host->plugin, host->config);
    return kept;
}

static bool on_check(struct sink_host *host, struct parcel *parcel)
{
    const char *why = NULL;
    struct parcel kept = take_config(host, parcel);

    if (!parcel_is_whole(&kept))
        return false;
    call_begin(host, false);
    host->call.is_check = true;
    bool ok = host->plugin->descriptor.check(&host->call.face, host->config, &why);
    return answer_yes_or_no(host, ok, why);
}

static bool on_open(struct sink_host *host, struct parcel *parcel)
{
    const char *why = NULL;
    struct parcel kept = take_config(host, parcel);

    call_begin(host, false);
    cargo_message(&kept, &host->call, &host->message);
    if (!parcel_is_whole(&kept))
        return false;
    host->call.face.message = &host->message;
    host->instance = host->plugin->descriptor.open(&host->call.face, host->config, &why);
    return answer_yes_or_no(host, host->instance != NULL, why);
}

/* What render, judge and deliver begin with. An attempt that goes on has all that it had. */
static void read_call(struct sink_host *host, struct parcel *parcel, bool is_judge)
{
    bool wants_log = false, is_again = false;
    int64_t deadline_ms = 0;

    parcel_bool(parcel, &wants_log);
    parcel_bool(parcel, &is_again);
    parcel_i64(parcel, &deadline_ms);
    bool goes_on = host->has_call && host->call.face.message && (is_again || is_judge);
    if (!goes_on)
        call_begin(host, wants_log);
    const char *bytes = call_keep(&host->call, parcel->data + parcel->at, parcel->len - parcel->at);
    *parcel = parcel_from(bytes, parcel->len - parcel->at);
    struct tocsin_message message;
    cargo_message(parcel, &host->call, &message);
    if (!goes_on)
        host->message = message;
    else
        host->message.resume = message.resume;
    host->call.face.message = &host->message;
    host->limits.deadline_ms = deadline_ms;
}

static bool answer_outcome(struct sink_host *host, struct tocsin_outcome *outcome)
{
    struct parcel parcel = begin(host, CARGO_DONE);

    cargo_outcome(&parcel, outcome);
    return send(host);
}

static bool on_render(struct sink_host *host, struct parcel *parcel)
{
    struct tocsin_request request = {.size = sizeof request};

    read_call(host, parcel, false);
    if (!parcel_is_whole(parcel))
        return false;
    host->plugin->descriptor.render(host->instance, &host->call.face, &request);
    struct parcel answer = begin(host, CARGO_DONE);
    cargo_request(&answer, NULL, &request);
    return send(host);
}

static const char *find_header(const struct tocsin_answer *answer, const char *name)
{
    const struct seen_answer *seen = (const struct seen_answer *)answer;

    return http_answer_header(&seen->http, name);
}

static bool on_judge(struct sink_host *host, struct parcel *parcel)
{
    struct tocsin_outcome outcome;
    struct seen_answer seen = {.face = {.size = sizeof seen.face, .header = find_header}};

    read_call(host, parcel, true);
    cargo_answer(parcel, &seen.http);
    cargo_outcome(parcel, &outcome);
    if (!parcel_is_whole(parcel))
        return false;
    if (!seen.http.headers)
        seen.http.headers = "";
    seen.face.status = (uint32_t)seen.http.status;
    seen.face.retry_after_ms = seen.http.retry_after_ms;
    seen.face.body = seen.http.body;
    seen.face.body_len = seen.http.body_len;
    host->plugin->descriptor.judge(host->instance, &host->call.face, &seen.face, &outcome);
    return answer_outcome(host, &outcome);
}

static bool on_deliver(struct sink_host *host, struct parcel *parcel)
{
    struct tocsin_outcome outcome = {.size = sizeof outcome};

    read_call(host, parcel, false);
    if (!parcel_is_whole(parcel))
        return false;
    host->call.limits = &host->limits;
    host->plugin->descriptor.deliver(host->instance, &host->call.face, &outcome);
    host->call.limits = NULL;
    return answer_outcome(host, &outcome);
}

static bool serve_one(struct sink_host *host, uint8_t kind, struct parcel *parcel)
{
    switch (kind) {
    case CARGO_CHECK:
        return host->plugin->checks && on_check(host, parcel);
    case CARGO_OPEN:
        return !host->instance && on_open(host, parcel);
    case CARGO_RENDER:
        return host->instance && !host->plugin->blocks && on_render(host, parcel);
    case CARGO_JUDGE:
        return host->instance && host->plugin->judges && on_judge(host, parcel);
    case CARGO_DELIVER:
        return host->instance && host->plugin->blocks && on_deliver(host, parcel);
    case CARGO_STOP:
        return true; /* it came when there was nothing under way any more */
    default:
        return false;
    }
}

static bool serve(struct sink_host *host)
{
    const char *data;
    uint8_t kind;
    size_t len;

    while (receive(host, &kind, &data, &len)) {
        struct parcel parcel = parcel_from(data, len);
        if (kind == CARGO_CLOSE)
            break;
        if (!serve_one(host, kind, &parcel))
            return false;
    }
    if (host->instance && host->plugin->descriptor.close)
        host->plugin->descriptor.close(host->instance);
    return true;
}

static void sink_host_finish(struct sink_host *host)
{
    if (host->has_call)
        call_finish(&host->call);
    filling_finish(&host->filling);
    frame_inbox_finish(&host->inbox);
    buf_finish(&host->out);
    buf_finish(&host->config_bytes);
    free(host->config);
    plugin_destroy(host->plugin);
}

bool sink_host_serve(const char *path, int socket)
{
    auto_error struct error error = {0};
    struct sink_host host = {.socket = socket, .limits = {.stop_fd = socket}};

    host.plugin = plugin_load(path, NULL, 0, &error);
    if (!host.plugin) {
        sink_host_refuse(socket, error_text(&error));
        return true;
    }
    host.config = mem_alloc(host.plugin->descriptor.config_size);
    struct parcel parcel = begin(&host, CARGO_PLUGIN);
    cargo_plugin(&parcel, host.plugin);
    bool ok = send(&host) && serve(&host);
    sink_host_finish(&host);
    return ok;
}
