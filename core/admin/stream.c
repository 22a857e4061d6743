#include "admin/stream.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "admin/admin-private.h"
#include "admin/report.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
    most_streams = 32,
    look_ms = 250,
    silence_ms = 10000, /* then a comment is sent, which finds out who has left */
    most_unsent = 1 << 20,
};

/* While it is under way evhttp reads nothing from its connection: who has left is noticed when
 * something is sent. */
struct stream {
    LIST_ENTRY(stream) link;
    struct streams *streams;
    struct evhttp_request *request;
    int64_t said_ms; /* monotonic */
};

struct streams {
    struct admin_listener *admin;
    LIST_HEAD(stream_list, stream) list;
    size_t count;
    struct event *look; /* pending while there are any */
    char *last;         /* what was told last; NULL: nothing yet */
};

static void stream_forget(struct stream *stream)
{
    LIST_REMOVE(stream, link);
    stream->streams->count--;
    free(stream);
}

/* A request that has lost its connection is ours to end; the others go with theirs. */
static void on_closed(struct evhttp_connection *connection, void *arg)
{
    struct stream *stream = arg;

    (void)connection;
    if (!evhttp_request_get_connection(stream->request))
        evhttp_send_reply_end(stream->request);
    stream_forget(stream);
}

static bool is_stuck(const struct stream *stream)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(stream->request);
    struct bufferevent *buffered = evhttp_connection_get_bufferevent(connection);

    return evbuffer_get_length(bufferevent_get_output(buffered)) > most_unsent;
}

/* The stream may be gone afterwards. */
static void say(struct stream *stream, const char *text)
{
    if (is_stuck(stream)) {
        evhttp_connection_free(evhttp_request_get_connection(stream->request));
        return;
    }
    struct evbuffer *chunk = evbuffer_new();
    if (!chunk || evbuffer_add(chunk, text, strlen(text)) < 0)
        mem_exhausted();
    stream->said_ms = clock_mono_ms();
    evhttp_send_reply_chunk(stream->request, chunk);
    evbuffer_free(chunk);
}

/* Everything that the page shows at a glance. Marks: a reader's count of unread ones may be another
 * when it changes. */
static char *make_status(const struct admin_listener *admin)
{
    auto_free char *status = report_status(&admin->parts);

    return text_format("event: status\ndata: {\"marks\":%llu,\"status\":%s}\n\n",
        (unsigned long long)admin->marks, status);
}

static void say_to_all(struct streams *streams, const char *text)
{
    struct stream *stream, *next;

    for (stream = LIST_FIRST(&streams->list); stream; stream = next) {
        next = LIST_NEXT(stream, link);
        say(stream, text);
    }
}

static void say_to_the_silent(struct streams *streams)
{
    int64_t now_ms = clock_mono_ms();
    struct stream *stream, *next;

    for (stream = LIST_FIRST(&streams->list); stream; stream = next) {
        next = LIST_NEXT(stream, link);
        if (now_ms - stream->said_ms >= silence_ms)
            say(stream, ": still here\n\n");
    }
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval soon = {.tv_usec = look_ms * 1000L};
    struct streams *streams = arg;

    (void)fd, (void)what;
    if (streams->count == 0)
        return;
    char *status = make_status(streams->admin);
    if (!streams->last || strcmp(status, streams->last) != 0)
        say_to_all(streams, status);
    free(streams->last);
    streams->last = status;
    say_to_the_silent(streams);
    event_add(streams->look, &soon);
}

struct streams *streams_create(struct admin_listener *admin)
{
    struct streams *streams = mem_alloc(sizeof *streams);

    streams->admin = admin;
    LIST_INIT(&streams->list);
    streams->look = evtimer_new(admin->parts.base, on_look, streams);
    if (!streams->look)
        mem_exhausted();
    return streams;
}

void streams_destroy(struct streams *streams)
{
    struct stream *stream;

    while ((stream = LIST_FIRST(&streams->list)))
        evhttp_connection_free(evhttp_request_get_connection(stream->request));
    event_free(streams->look);
    free(streams->last);
    free(streams);
}

void answer_stream(const struct admin_call *call)
{
    struct streams *streams = call->admin->streams;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);

    if (streams->count >= most_streams) {
        evhttp_add_header(headers, "Retry-After", "10");
        admin_refuse(call, 503, "enough others listen already");
        return;
    }
    struct stream *stream = mem_alloc(sizeof *stream);
    *stream = (struct stream){.streams = streams, .request = call->request};
    LIST_INSERT_HEAD(&streams->list, stream, link);
    streams->count++;
    evhttp_connection_set_closecb(evhttp_request_get_connection(call->request), on_closed, stream);
    evhttp_add_header(headers, "Content-Type", "text/event-stream");
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_send_reply_start(call->request, 200, NULL);
    char *status = make_status(streams->admin);
    say(stream, status);
    if (streams->count == 1) { /* nobody has looked for a while */
        free(streams->last);
        streams->last = TAKE(status);
        event_active(streams->look, EV_TIMEOUT, 0);
    }
    free(status);
}
