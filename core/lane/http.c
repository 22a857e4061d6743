#include "lane/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "build_config.h"
#include "lane/far_end.h"
#include "lane/guard.h"
#include "lane/sockets.h"

enum {
    idle_transfers_kept = 1024,
    idle_buffers_kept = 64,  /* by so many of them */
    idle_bytes_kept = 65536, /* of memory for answers, by each of those */
    /* More than the callers have under way at any time, which is what bounds them. Beyond this curl
     * closes at each answer the connection that rested longest: the one that is wanted next. */
    connections_kept = 65536,
    head_bytes_max = 262144, /* of an answer: more is none */
    most_drained = 1 << 20,  /* of a body beyond what is kept */
    expects_from = 1 << 20,  /* a body so long makes curl ask before it sends it */
    connect_timeout_ms = 10000,
};

/* What became of a request so far. */
struct progress {
    bool is_too_long;
    bool is_cut; /* the answer has no end in sight: its status is all that was waited for */
    size_t head_len, drained;
    int requests_begun; /* how often curl began to send; it repeats a POST by itself */
};

/* A transfer and its handle stay together, and serve one request after the other: what holds for
 * every request is set once. */
struct http_transfer {
    TAILQ_ENTRY(http_transfer) link; /* http_lane::active, ::failed_to_start or ::idle */
    bool is_active;
    struct http_lane *lane;
    CURL *easy;
    bool is_set_up;   /* for proxy and ca */
    char *proxy, *ca; /* NULL: none */
    struct curl_slist *headers;
    size_t header_room;
    size_t body_len, max_answer;
    bool refuse_longer;
    struct sentry sentry; /* at its own connections, not at a proxy's */
    int64_t began_ms;
    struct progress progress;
    struct buf head; /* the answer's headers, as struct http_answer has them */
    struct buf body;
    char failure[CURL_ERROR_SIZE];
    http_done done;
    void *arg;
};

TAILQ_HEAD(transfer_list, http_transfer);

struct http_lane {
    CURLM *multi;
    struct sockets *sockets;
    struct far_ends far_ends;
    struct event *timer;
    struct event *starter; /* finishes, on the next turn, what could not be started */
    struct transfer_list active;
    struct transfer_list failed_to_start;
    struct transfer_list idle;
    size_t idle_count;
};

static void transfer_destroy(struct http_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    buf_finish(&transfer->head);
    buf_finish(&transfer->body);
    free(transfer->headers);
    free(transfer->proxy);
    free(transfer->ca);
    free(transfer);
}

static void buf_rest(struct buf *buf, size_t kept)
{
    if (buf->cap > kept)
        buf_finish(buf);
    buf_clear(buf);
}

/* Gives the transfer back for the next request. */
static void transfer_rest(struct http_transfer *transfer)
{
    struct http_lane *lane = transfer->lane;
    size_t kept = lane->idle_count < idle_buffers_kept ? idle_bytes_kept : 0;

    if (lane->idle_count == idle_transfers_kept) {
        transfer_destroy(transfer);
        return;
    }
    buf_rest(&transfer->head, kept);
    buf_rest(&transfer->body, kept);
    TAILQ_INSERT_HEAD(&lane->idle, transfer, link);
    lane->idle_count++;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    struct progress *progress = &transfer->progress;
    size_t len = size * count, room = transfer->max_answer - transfer->body.len;

    if (len > room && transfer->refuse_longer) {
        progress->is_too_long = true;
        return 0;
    }
    buf_append(&transfer->body, bytes, len < room ? len : room);
    progress->drained += len > room ? len - room : 0;
    progress->is_cut = progress->drained > most_drained;
    /* The rest is drained, so that the connection can be used again; but not for ever, since a
     * hostile far end could keep the loop busy with it. */
    return progress->is_cut ? 0 : len;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t len = size * count, text_len = len;

    transfer->progress.head_len += len;
    if (transfer->progress.head_len > head_bytes_max)
        return 0;
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        buf_clear(&transfer->head); /* a new answer: 100 Continue came before */
    if (!memchr(line, ':', len))
        return len;
    while (text_len && strchr(" \t\r\n", line[text_len - 1]))
        text_len--;
    buf_append(&transfer->head, line, text_len);
    buf_putc(&transfer->head, '\0');
    return len;
}

/* curl sends a POST again by itself when a reused connection closes before the answer, although the
 * far end may have taken the first: a message twice, and nobody told. The second is stopped. So is
 * a request on a connection that another one opened, with a guard that let more pass or with none.
 */
static int on_request_begins(
    void *arg, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
    struct http_transfer *transfer = arg;

    (void)local_ip, (void)primary_port, (void)local_port;
    if (!sentry_passes(&transfer->sentry, primary_ip))
        return CURL_PREREQFUNC_ABORT;
    return ++transfer->progress.requests_begun > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* Whether the far end may have got all of the request. */
static bool transfer_maybe_sent(const struct http_transfer *transfer)
{
    curl_off_t uploaded = 0;
    long request_bytes = 0;

    if (transfer->progress.requests_begun != 1)
        return transfer->progress.requests_begun > 1;
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    return request_bytes > 0 && (size_t)uploaded >= transfer->body_len;
}

static const char *failure_text(const struct http_transfer *transfer, CURLcode code)
{
    if (sentry_has_refused(&transfer->sentry))
        return transfer->sentry.refusal;
    if (transfer->progress.is_too_long)
        return "the answer is too long";
    if (transfer->progress.head_len > head_bytes_max)
        return "the answer's headers have no end";
    if (transfer->progress.requests_begun > 1)
        return "the connection closed before an answer came";
    return transfer->failure[0] ? transfer->failure : curl_easy_strerror(code);
}

static void transfer_complete(struct http_transfer *transfer, CURLcode code)
{
    struct http_answer answer = {
        .took_ms = clock_mono_ms() - transfer->began_ms,
        .body = buf_text(&transfer->body),
        .body_len = transfer->body.len,
        .is_cut = transfer->progress.drained > 0,
        .headers = buf_text(&transfer->head),
    };
    curl_off_t retry_after_s = 0;
    long status = 0;

    if (code == CURLE_OK || transfer->progress.is_cut) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
        answer.status = (int)status;
        if (retry_after_s > 0)
            answer.retry_after_ms =
                retry_after_s < INT64_MAX / 1000 ? retry_after_s * 1000 : INT64_MAX;
    } else {
        answer.failure = failure_text(transfer, code);
        answer.is_too_long = transfer->progress.is_too_long;
        answer.is_refused = sentry_has_refused(&transfer->sentry);
        answer.maybe_sent = transfer_maybe_sent(transfer);
    }
    /* A handle that failed may remember more of it than it tells. */
    transfer->is_set_up = code == CURLE_OK;
    transfer->done(&answer, transfer->arg);
    transfer_rest(transfer);
}

static void lane_collect(struct http_lane *lane)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(lane->multi, &left))) {
        struct http_transfer *transfer;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        curl_multi_remove_handle(lane->multi, transfer->easy);
        TAILQ_REMOVE(&lane->active, transfer, link);
        transfer_complete(transfer, code);
    }
}

static void on_socket_ready(int fd, short kinds, void *arg)
{
    struct http_lane *lane = arg;
    int action =
        (kinds & EV_READ ? CURL_CSELECT_IN : 0) | (kinds & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(lane->multi, fd, action, &running);
    lane_collect(lane);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct http_lane *lane = arg;
    int running;

    (void)fd, (void)what;
    curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    lane_collect(lane);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
    struct http_lane *lane = arg;
    struct timeval delay = clock_timeval(timeout_ms);

    (void)multi;
    if (timeout_ms < 0)
        evtimer_del(lane->timer);
    else
        evtimer_add(lane->timer, &delay);
    return 0;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct http_lane *lane = arg;
    /* CURL_POLL_REMOVE is none of the two: nothing is wanted. */
    bool reads = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool writes = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;

    (void)easy, (void)socket_arg;
    sockets_want(lane->sockets, fd, (short)((reads ? EV_READ : 0) | (writes ? EV_WRITE : 0)));
    return 0;
}

static curl_socket_t on_socket_needed(
    void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_transfer *transfer = arg;

    (void)purpose;
    if (!sentry_passes_socket(&transfer->sentry, &address->addr))
        return CURL_SOCKET_BAD;
    return sockets_open(
        transfer->lane->sockets, address->family, address->socktype, address->protocol);
}

static int on_socket_done_with(void *arg, curl_socket_t fd)
{
    struct http_lane *lane = arg;

    return sockets_close(lane->sockets, fd);
}

static void on_failed_to_start(evutil_socket_t fd, short what, void *arg)
{
    struct http_lane *lane = arg;
    struct http_transfer *transfer;

    (void)fd, (void)what;
    while ((transfer = TAILQ_FIRST(&lane->failed_to_start))) {
        TAILQ_REMOVE(&lane->failed_to_start, transfer, link);
        transfer_complete(transfer, CURLE_FAILED_INIT);
    }
}

struct http_lane *http_lane_create(struct event_base *base, struct error *error)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        error_set(error, "libcurl does not start");
        return NULL;
    }
    struct http_lane *lane = mem_alloc(sizeof *lane);
    TAILQ_INIT(&lane->active);
    TAILQ_INIT(&lane->failed_to_start);
    TAILQ_INIT(&lane->idle);
    lane->multi = curl_multi_init();
    lane->sockets = sockets_create(base, on_socket_ready, lane);
    lane->timer = evtimer_new(base, on_timer, lane);
    lane->starter = evtimer_new(base, on_failed_to_start, lane);
    if (!lane->multi || !lane->timer || !lane->starter)
        mem_exhausted();
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)connections_kept);
    return lane;
}

static void transfers_destroy(struct transfer_list *list)
{
    struct http_transfer *transfer, *next;

    for (transfer = TAILQ_FIRST(list); transfer; transfer = next) {
        next = TAILQ_NEXT(transfer, link);
        curl_multi_remove_handle(transfer->lane->multi, transfer->easy);
        transfer_destroy(transfer);
    }
}

void http_lane_destroy(struct http_lane *lane)
{
    if (!lane)
        return;
    transfers_destroy(&lane->active);
    transfers_destroy(&lane->failed_to_start);
    transfers_destroy(&lane->idle);
    curl_multi_cleanup(lane->multi); /* closes the connections */
    sockets_destroy(lane->sockets);
    far_ends_finish(&lane->far_ends);
    event_free(lane->timer);
    event_free(lane->starter);
    free(lane);
    curl_global_cleanup();
}

static struct http_transfer *transfer_create(struct http_lane *lane)
{
    struct http_transfer *transfer = mem_alloc(sizeof *transfer);

    transfer->lane = lane;
    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        mem_exhausted();
    return transfer;
}

/* What holds for every request to a destination: no signals, no proxy from the environment, no
 * redirects, no other protocol, certificates checked. HTTP/1.1, because a connection that fails in
 * HTTP/2 takes other transfers' outcomes with it. */
static void set_manners(CURL *easy, const struct http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy ? request->proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tocsin/" TOCSIN_VERSION);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms);
    if (request->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca);
}

static void set_callbacks(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->failure);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_begins);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket_needed);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_done_with);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->lane);
}

static void transfer_set_up(struct http_transfer *transfer, const struct http_request *request)
{
    if (transfer->is_set_up && text_equals(transfer->proxy, request->proxy) &&
        text_equals(transfer->ca, request->ca))
        return;
    free(transfer->proxy);
    free(transfer->ca);
    transfer->proxy = text_copy(request->proxy);
    transfer->ca = text_copy(request->ca);
    curl_easy_reset(transfer->easy);
    set_manners(transfer->easy, request);
    set_callbacks(transfer);
    transfer->is_set_up = true;
}

static struct http_transfer *transfer_take(
    struct http_lane *lane, const struct http_request *request)
{
    struct http_transfer *transfer = TAILQ_FIRST(&lane->idle);

    if (transfer) {
        TAILQ_REMOVE(&lane->idle, transfer, link);
        lane->idle_count--;
    } else {
        transfer = transfer_create(lane);
    }
    transfer_set_up(transfer, request);
    return transfer;
}

/* Each of these sets all that it may ever set, so that nothing of the last request is left. */

/* A proxy wants to hear the whole URL. */
static void set_url(struct http_transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->easy;
    const char *path = NULL;
    CURLU *far_end =
        request->proxy ? NULL : far_ends_find(&transfer->lane->far_ends, request->url, &path);

    curl_easy_setopt(easy, CURLOPT_CURLU, far_end);
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, far_end ? path : NULL);
    if (!far_end)
        curl_easy_setopt(easy, CURLOPT_URL, request->url);
}

/* curl's list, with the caller's texts in it. */
static void set_headers(struct http_transfer *transfer, const struct http_request *request)
{
    const char *const *headers = request->headers;
    struct curl_slist *list = NULL, **end = &list;
    size_t count = 0;

    while (headers && headers[count])
        count++;
    if (count + 1 > transfer->header_room) {
        transfer->header_room = count + 1;
        transfer->headers =
            mem_resize(transfer->headers, transfer->header_room * sizeof *transfer->headers);
    }
    for (size_t i = 0; i < count; i++) {
        transfer->headers[i] = (struct curl_slist){.data = (char *)headers[i]};
        *end = &transfer->headers[i];
        end = &transfer->headers[i].next;
    }
    if (request->body_len >= expects_from) {
        /* Empty, it keeps curl from waiting for a 100 Continue that few servers send. */
        transfer->headers[count] = (struct curl_slist){.data = (char *)"Expect:"};
        *end = &transfer->headers[count];
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, list);
}

static void set_body(CURL *easy, const struct http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
}

/* After the body: curl takes each of them for the method too. */
static void set_method(CURL *easy, const struct http_request *request)
{
    bool is_head = strcmp(request->method, "HEAD") == 0;
    bool is_usual = is_head || strcmp(request->method, request->body ? "POST" : "GET") == 0;

    if (!request->body)
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, (long)is_head);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, is_usual ? NULL : request->method);
}

/* False where it is known already that the guard is against it. A proxy may stand anywhere. */
static bool set_guard(struct http_transfer *transfer, const struct http_request *request)
{
    sentry_init(&transfer->sentry, request->guard);
    if (!request->proxy)
        return true;
    bool may_start = sentry_passes_url(&transfer->sentry, request->url);
    transfer->sentry.guard = NULL;
    return may_start;
}

struct http_transfer *http_lane_send(
    struct http_lane *lane, const struct http_request *request, http_done done, void *arg)
{
    static const struct timeval at_once = {0, 0};
    struct http_transfer *transfer = transfer_take(lane, request);

    assert(request->timeout_ms > 0);
    transfer->body_len = request->body_len;
    transfer->max_answer = request->max_answer;
    transfer->refuse_longer = request->refuse_longer;
    transfer->began_ms = clock_mono_ms();
    transfer->progress = (struct progress){0};
    transfer->failure[0] = '\0';
    transfer->done = done;
    transfer->arg = arg;
    set_url(transfer, request);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_ONLY, (long)request->only_connects);
    set_headers(transfer, request);
    set_body(transfer->easy, request);
    set_method(transfer->easy, request);
    transfer->is_active = set_guard(transfer, request) &&
                          curl_multi_add_handle(lane->multi, transfer->easy) == CURLM_OK;
    if (transfer->is_active) {
        TAILQ_INSERT_TAIL(&lane->active, transfer, link);
    } else {
        TAILQ_INSERT_TAIL(&lane->failed_to_start, transfer, link);
        evtimer_add(lane->starter, &at_once);
    }
    return transfer;
}

void http_transfer_cancel(struct http_transfer *transfer)
{
    struct http_lane *lane = transfer->lane;

    curl_multi_remove_handle(lane->multi, transfer->easy);
    TAILQ_REMOVE(transfer->is_active ? &lane->active : &lane->failed_to_start, transfer, link);
    transfer->is_set_up = false;
    transfer_rest(transfer);
}

size_t http_headers_len(const char *headers)
{
    const char *line = headers;

    if (!headers)
        return 0;
    while (*line)
        line += strlen(line) + 1;
    return (size_t)(line - headers) + 1;
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = answer->headers; *line; line += strlen(line) + 1)
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " \t");
    return NULL;
}
