/* tocsin's libraries without tocsin: what an event costs when nothing is done but the work itself.
 * libevent takes the post, jansson reads it, SQLite makes it durable before it is answered 202,
 * libcurl asks the Alert API, jansson reads the alert and makes a Mattermost message for each sink,
 * SQLite makes the claims durable before libcurl posts, and in the end the outcomes. No rules, no
 * templates, no escaping, no second try, no order, no time-out, no trace, no log, no operator; the
 * alert is not kept. How tocsin spares these libraries' system calls is done here too, partly with
 * its own files, so that what lies between the two is the product. It ends at whatever it does not
 * expect. */
#include <curl/curl.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/loop.h"
#include "lane/sockets.h"
#include "ledger.h"
#include "message.h"
#include "wire.h"

enum {
    most_ends = 17,
    most_connections = 256,
    longest_target = 512,
    longest_message = 8192,
};

static const char usage[] =
    "usage: bare PORT LEDGER CONCURRENCY API-URL SINK-URL...\n"
    "  the ledger's file must not be there yet; an event's uuid is put behind API-URL\n";

/* What an event wants of one far end: the look-up, or a message taken. */
struct errand {
    struct entry entry;        /* first: to the ledger and back */
    STAILQ_ENTRY(errand) link; /* end::line */
    struct notice *notice;
    struct end *end;
};

/* An event on its way. */
struct notice {
    struct evhttp_request *request; /* until it is answered; it holds the body */
    json_t *event, *alert;
    size_t left;             /* messages whose outcome is not kept yet */
    struct errand errands[]; /* as bare::ends */
};

/* A handle, for one request after the other. */
struct transfer {
    CURL *easy;
    struct errand *errand;
    char target[longest_target];
    char message[longest_message];
    struct buf answer;
};

struct end {
    struct bare *bare;
    struct url url;
    struct transfer *idle[most_connections];
    size_t idle_count;
    STAILQ_HEAD(, errand) line; /* what waits for a connection */
};

struct bare {
    struct event_base *base;
    CURLM *multi;
    struct sockets *sockets;
    struct event *timer;
    struct ledger *ledger;
    struct end ends[most_ends]; /* the API, then the sinks */
    size_t end_count;
    int64_t count; /* of events */
};

/* The ways out */

static bool is_look_up(const struct errand *errand)
{
    return errand->end == errand->end->bare->ends;
}

static void set_look_up(struct transfer *transfer, const struct notice *notice)
{
    const char *id =
        json_string_value(json_object_get(json_object_get(notice->event, "attributes"), "uuid"));
    const char *path = transfer->errand->end->url.path;

    if (!id)
        die("a post has no uuid");
    if (snprintf(transfer->target, longest_target, "%s%s", path, id) >= longest_target)
        die("the uuid %s is too long", id);
    curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, transfer->target);
}

static void set_message(struct transfer *transfer, const struct notice *notice)
{
    auto_json json_t *message = message_json(notice->event, notice->alert);
    size_t len = json_dumpb(message, transfer->message, longest_message, JSON_COMPACT);

    if (len > longest_message)
        die("a message of %zu bytes is too long", len);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->message);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)len);
}

/* What waits, waits here: curl would look through it at every completion. */
static void errand_start(struct errand *errand)
{
    struct end *end = errand->end;

    if (end->idle_count == 0) {
        STAILQ_INSERT_TAIL(&end->line, errand, link);
        return;
    }
    struct transfer *transfer = end->idle[--end->idle_count];
    transfer->errand = errand;
    buf_clear(&transfer->answer);
    if (is_look_up(errand))
        set_look_up(transfer, errand->notice);
    else
        set_message(transfer, errand->notice);
    curl_multi_add_handle(end->bare->multi, transfer->easy);
}

static void start_next(struct end *end)
{
    struct errand *errand = STAILQ_FIRST(&end->line);

    if (!errand)
        return;
    STAILQ_REMOVE_HEAD(&end->line, link);
    errand_start(errand);
}

static void on_answer(struct transfer *transfer)
{
    struct errand *errand = transfer->errand;
    struct end *end = errand->end;
    json_error_t fault;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &errand->entry.status);
    if (errand->entry.status != 200)
        die("%s:%u answers %ld", end->url.host, end->url.port, errand->entry.status);
    errand->entry.kind = ENTRY_OUTCOME;
    if (is_look_up(errand)) {
        errand->entry.kind = ENTRY_CLAIMS;
        errand->notice->alert =
            json_loadb(buf_text(&transfer->answer), transfer->answer.len, 0, &fault);
        if (!errand->notice->alert)
            die("an alert cannot be read: %s", fault.text);
    }
    ledger_keep(end->bare->ledger, &errand->entry);
    end->idle[end->idle_count++] = transfer;
    start_next(end);
}

static void act(struct bare *bare, int fd, int action)
{
    CURLMsg *message;
    int running, left;

    curl_multi_socket_action(bare->multi, fd, action, &running);
    while ((message = curl_multi_info_read(bare->multi, &left))) {
        struct transfer *transfer;
        if (message->data.result)
            die("a request failed: %s", curl_easy_strerror(message->data.result));
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        curl_multi_remove_handle(bare->multi, transfer->easy);
        on_answer(transfer);
    }
}

static void on_socket_ready(int fd, short kinds, void *arg)
{
    act(arg, fd,
        (kinds & EV_READ ? CURL_CSELECT_IN : 0) | (kinds & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
    struct timeval delay = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    struct bare *bare = arg;

    (void)multi;
    if (timeout_ms < 0)
        evtimer_del(bare->timer);
    else
        evtimer_add(bare->timer, &delay);
    return 0;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    bool reads = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool writes = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    struct bare *bare = arg;

    (void)easy, (void)socket_arg;
    sockets_want(bare->sockets, fd, (short)((reads ? EV_READ : 0) | (writes ? EV_WRITE : 0)));
    return 0;
}

static curl_socket_t on_socket_needed(
    void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct bare *bare = arg;

    (void)purpose;
    return sockets_open(bare->sockets, address->family, address->socktype, address->protocol);
}

static int on_socket_done_with(void *arg, curl_socket_t fd)
{
    struct bare *bare = arg;

    return sockets_close(bare->sockets, fd);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;

    buf_append(&transfer->answer, bytes, size * count);
    return size * count;
}

/* The way in */

static void on_sender_gone(struct evhttp_connection *connection, void *arg)
{
    (void)connection, (void)arg;
    die("a sender hung up before it was answered");
}

static struct notice *notice_create(struct bare *bare)
{
    struct notice *notice =
        must(calloc(1, sizeof *notice + bare->end_count * sizeof(struct errand)));

    bare->count++;
    notice->left = bare->end_count - 1;
    for (size_t i = 0; i < bare->end_count; i++) {
        struct errand *errand = &notice->errands[i];
        errand->notice = notice;
        errand->end = &bare->ends[i];
        errand->entry.event = bare->count;
        errand->entry.sink = i > 0 ? i : bare->end_count - 1;
    }
    return notice;
}

static void on_post(struct evhttp_request *request, void *arg)
{
    struct bare *bare = arg;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    struct notice *notice = notice_create(bare);
    struct entry *entry = &notice->errands[0].entry;
    json_error_t fault;

    notice->request = request;
    entry->kind = ENTRY_EVENT;
    entry->body_len = evbuffer_get_length(input);
    entry->body = entry->body_len ? (const char *)evbuffer_pullup(input, -1) : "";
    notice->event = json_loadb(entry->body, entry->body_len, 0, &fault);
    if (!notice->event)
        die("a post cannot be read: %s", fault.text);
    evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_sender_gone, NULL);
    ledger_keep(bare->ledger, entry);
}

static void notice_answer(struct notice *notice)
{
    struct evhttp_request *request = notice->request;

    evhttp_connection_set_closecb(evhttp_request_get_connection(request), NULL, NULL);
    evhttp_add_header(
        evhttp_request_get_output_headers(request), "Content-Type", "application/json");
    evbuffer_add_printf(evhttp_request_get_output_buffer(request), "{\"id\":\"%" PRId64 "\"}",
        notice->errands[0].entry.event);
    evhttp_send_reply(request, 202, NULL, NULL);
}

static void notice_destroy(struct notice *notice)
{
    json_decref(notice->event);
    json_decref(notice->alert);
    free(notice);
}

static void on_kept(struct entry *entry, void *arg)
{
    struct errand *errand = (struct errand *)entry;
    struct notice *notice = errand->notice;
    struct bare *bare = arg;

    switch (entry->kind) {
    case ENTRY_EVENT:
        notice_answer(notice);
        errand_start(errand);
        break;
    case ENTRY_CLAIMS:
        for (size_t i = 1; i < bare->end_count; i++)
            errand_start(&notice->errands[i]);
        break;
    case ENTRY_OUTCOME:
        if (--notice->left == 0)
            notice_destroy(notice);
    }
}

/* What was accepted goes before what comes in. */
static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct bufferevent *stream = must(bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE));

    (void)arg;
    bufferevent_priority_set(stream, LOOP_LAST);
    return stream;
}

/* Its start */

static struct transfer *transfer_create(
    struct bare *bare, CURLU *url, const char *path, const struct curl_slist *headers)
{
    struct transfer *transfer = must(calloc(1, sizeof *transfer));
    CURL *easy = must(curl_easy_init());

    transfer->easy = easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "bare");
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, path);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket_needed);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, bare);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_done_with);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, bare);
    return transfer;
}

/* Of all requests to that end. */
static struct curl_slist *headers_create(bool is_api)
{
    if (!is_api)
        return must(curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8"));
    return must(curl_slist_append(
        must(curl_slist_append(NULL, "Accept: application/json")), "Authorization: Bearer bench"));
}

static void end_open(struct bare *bare, const char *text, size_t connections)
{
    struct end *end = &bare->ends[bare->end_count];
    CURLU *url = must(curl_url());

    end->bare = bare;
    end->url = url_read(text);
    if (curl_url_set(url, CURLUPART_URL, text, 0))
        die("%s: no URL", text);
    struct curl_slist *headers = headers_create(bare->end_count == 0);
    STAILQ_INIT(&end->line);
    for (; end->idle_count < connections; end->idle_count++)
        end->idle[end->idle_count] = transfer_create(bare, url, end->url.path, headers);
    bare->end_count++;
}

static void ways_out_open(struct bare *bare, char *const *urls, size_t count, size_t connections)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bare->multi = must(curl_multi_init());
    bare->sockets = sockets_create(bare->base, on_socket_ready, bare);
    bare->timer = must(evtimer_new(bare->base, on_timer, bare));
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_MAXCONNECTS, (long)(count * connections));
    for (size_t i = 0; i < count; i++)
        end_open(bare, urls[i], connections);
}

static void way_in_open(struct bare *bare, uint16_t port)
{
    struct evhttp *http = must(evhttp_new(bare->base));

    evhttp_set_bevcb(http, on_connection, NULL);
    evhttp_set_gencb(http, on_post, bare);
    if (evhttp_bind_socket(http, "127.0.0.1", port))
        die("listen on port %u: %s", port, strerror(errno));
}

static size_t number_read(const char *text, size_t most)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || number < 1 || number > most)
        die("%s is not a number from 1 to %zu", text, most);
    return number;
}

int main(int argc, char **argv)
{
    enum {
        PORT = 1,
        LEDGER,
        CONCURRENCY,
        URLS
    };
    struct bare bare = {.base = loop_create()};
    int count = argc - URLS;

    if (count < 2 || count > most_ends) {
        fputs(usage, stderr);
        return 2;
    }
    size_t connections = number_read(argv[CONCURRENCY], most_connections);
    ways_out_open(&bare, argv + URLS, (size_t)count, connections);
    bare.ledger = ledger_create(argv[LEDGER], bare.base, on_kept, &bare);
    way_in_open(&bare, (uint16_t)number_read(argv[PORT], UINT16_MAX));
    event_base_dispatch(bare.base);
    return 1;
}
