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
#include "lane/sockets.h"

enum {
    idle_handles_kept = 64,
    connections_kept = 256,
    headers_kept = 64,       /* of an answer; what a far end sends beyond is dropped */
    header_bytes_max = 8192, /* for one header */
    head_bytes_max = 262144, /* for all of them: more is no answer */
    most_drained = 1 << 20,  /* of a body beyond what is kept */
    connect_timeout_ms = 10000,
};

struct http_transfer {
    TAILQ_ENTRY(http_transfer) link; /* http_lane::active or ::failed_to_start */
    struct http_lane *lane;
    CURL *easy;
    struct curl_slist *headers;
    size_t body_len, max_answer;
    bool refuse_longer, is_too_long;
    bool is_cut; /* the answer has no end in sight: its status is all that was waited for */
    size_t head_len, drained;
    int requests_begun; /* how often curl began to send; it repeats a POST by itself */
    int64_t began_ms;
    struct buf body;
    struct http_header answer_headers[headers_kept];
    size_t header_count;
    char failure[CURL_ERROR_SIZE];
    http_done done;
    void *arg;
};

TAILQ_HEAD(transfer_list, http_transfer);

struct http_lane {
    CURLM *multi;
    struct sockets *sockets;
    struct event *timer;
    struct event *starter; /* finishes, on the next turn, what could not be started */
    struct transfer_list active;
    struct transfer_list failed_to_start;
    CURL *idle[idle_handles_kept];
    size_t idle_count;
};

static void forget_headers(struct http_transfer *transfer)
{
    for (size_t i = 0; i < transfer->header_count; i++) {
        free((char *)transfer->answer_headers[i].name);
        free((char *)transfer->answer_headers[i].value);
    }
    transfer->header_count = 0;
}

/* Gives the handle back for the next transfer: its connections and buffers are worth keeping. */
static void transfer_destroy(struct http_transfer *transfer)
{
    struct http_lane *lane = transfer->lane;

    if (lane->idle_count < idle_handles_kept) {
        curl_easy_reset(transfer->easy);
        lane->idle[lane->idle_count++] = transfer->easy;
    } else {
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    forget_headers(transfer);
    buf_finish(&transfer->body);
    free(transfer);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t len = size * count, room = transfer->max_answer - transfer->body.len;

    if (len > room && transfer->refuse_longer) {
        transfer->is_too_long = true;
        return 0;
    }
    buf_append(&transfer->body, bytes, len < room ? len : room);
    transfer->drained += len > room ? len - room : 0;
    transfer->is_cut = transfer->drained > most_drained;
    /* The rest is drained, so that the connection can be used again; but not for ever, since a
     * hostile far end could keep the loop busy with it. */
    return transfer->is_cut ? 0 : len;
}

static char *trimmed(const char *text, size_t len)
{
    while (len && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\r' || text[len - 1] == '\n'))
        len--;
    return text_copy_n(text, len);
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = arg;
    size_t len = size * count;
    const char *colon = memchr(line, ':', len);

    transfer->head_len += len;
    if (transfer->head_len > head_bytes_max)
        return 0;
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
        forget_headers(transfer); /* a new answer: 100 Continue came before */
    else if (colon && transfer->header_count < headers_kept && len <= header_bytes_max)
        transfer->answer_headers[transfer->header_count++] = (struct http_header){
            trimmed(line, (size_t)(colon - line)),
            trimmed(colon + 1, len - (size_t)(colon + 1 - line)),
        };
    return len;
}

/* curl sends a POST again by itself when a reused connection closes before the answer, although the
 * far end may have taken the first: a message twice, and nobody told. The second is stopped. */
static int on_request_begins(
    void *arg, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
    struct http_transfer *transfer = arg;

    (void)primary_ip, (void)local_ip, (void)primary_port, (void)local_port;
    return ++transfer->requests_begun > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* Whether the far end may have got all of the request. */
static bool transfer_maybe_sent(const struct http_transfer *transfer)
{
    curl_off_t uploaded = 0;
    long request_bytes = 0;

    if (transfer->requests_begun > 1)
        return true;
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    return request_bytes > 0 && (size_t)uploaded >= transfer->body_len;
}

static const char *failure_text(const struct http_transfer *transfer, CURLcode code)
{
    if (transfer->is_too_long)
        return "the answer is too long";
    if (transfer->head_len > head_bytes_max)
        return "the answer's headers have no end";
    if (transfer->requests_begun > 1)
        return "the connection closed before an answer came";
    return transfer->failure[0] ? transfer->failure : curl_easy_strerror(code);
}

static void transfer_complete(struct http_transfer *transfer, CURLcode code)
{
    struct http_answer answer = {
        .took_ms = clock_mono_ms() - transfer->began_ms,
        .body = buf_text(&transfer->body),
        .body_len = transfer->body.len,
        .headers = transfer->answer_headers,
        .header_count = transfer->header_count,
    };
    curl_off_t retry_after_s = 0;
    long status = 0;

    if (code == CURLE_OK || transfer->is_cut) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
        answer.status = (int)status;
        if (retry_after_s > 0)
            answer.retry_after_ms =
                retry_after_s < INT64_MAX / 1000 ? retry_after_s * 1000 : INT64_MAX;
    } else {
        answer.failure = failure_text(transfer, code);
        answer.is_too_long = transfer->is_too_long;
        answer.maybe_sent = transfer_maybe_sent(transfer);
    }
    transfer->done(&answer, transfer->arg);
    transfer_destroy(transfer);
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
    struct http_lane *lane = arg;

    (void)purpose;
    return sockets_open(lane->sockets, address->family, address->socktype, address->protocol);
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

void http_lane_destroy(struct http_lane *lane)
{
    struct http_transfer *transfer, *next;

    if (!lane)
        return;
    for (transfer = TAILQ_FIRST(&lane->active); transfer; transfer = next) {
        next = TAILQ_NEXT(transfer, link);
        http_transfer_cancel(transfer);
    }
    for (transfer = TAILQ_FIRST(&lane->failed_to_start); transfer; transfer = next) {
        next = TAILQ_NEXT(transfer, link);
        transfer_destroy(transfer);
    }
    for (size_t i = 0; i < lane->idle_count; i++)
        curl_easy_cleanup(lane->idle[i]);
    curl_multi_cleanup(lane->multi); /* closes the connections */
    sockets_destroy(lane->sockets);
    event_free(lane->timer);
    event_free(lane->starter);
    free(lane);
    curl_global_cleanup();
}

static CURL *take_handle(struct http_lane *lane)
{
    CURL *easy = lane->idle_count ? lane->idle[--lane->idle_count] : curl_easy_init();

    if (!easy)
        mem_exhausted();
    return easy;
}

static void set_headers(struct http_transfer *transfer, const char *const *headers)
{
    /* An empty Expect: keeps curl from waiting for a 100 Continue that few servers send. */
    transfer->headers = curl_slist_append(NULL, "Expect:");
    for (; headers && *headers; headers++) {
        struct curl_slist *longer = curl_slist_append(transfer->headers, *headers);
        if (!longer)
            mem_exhausted();
        transfer->headers = longer;
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

/* What holds for every request: no signals, no proxy from the environment, no redirects, no other
 * protocol, certificates checked. HTTP/1.1, because a connection that fails in HTTP/2 takes other
 * transfers' outcomes with it. */
static void set_manners(
    CURL *easy, const struct http_lane *lane, const struct http_request *request)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy ? request->proxy : "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tocsin/" TOCSIN_VERSION);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket_needed);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, lane);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_done_with);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, lane);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms);
    if (request->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca);
}

static void set_request(struct http_transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->failure);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (request->body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_begins);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}

struct http_transfer *http_lane_send(
    struct http_lane *lane, const struct http_request *request, http_done done, void *arg)
{
    static const struct timeval at_once = {0, 0};
    struct http_transfer *transfer = mem_alloc(sizeof *transfer);

    assert(request->timeout_ms > 0);
    transfer->lane = lane;
    transfer->easy = take_handle(lane);
    transfer->body_len = request->body_len;
    transfer->max_answer = request->max_answer;
    transfer->refuse_longer = request->refuse_longer;
    transfer->began_ms = clock_mono_ms();
    transfer->done = done;
    transfer->arg = arg;
    set_manners(transfer->easy, lane, request);
    set_request(transfer, request);
    set_headers(transfer, request->headers);
    if (curl_multi_add_handle(lane->multi, transfer->easy) == CURLM_OK) {
        TAILQ_INSERT_TAIL(&lane->active, transfer, link);
    } else {
        TAILQ_INSERT_TAIL(&lane->failed_to_start, transfer, link);
        evtimer_add(lane->starter, &at_once);
    }
    return transfer;
}

void http_transfer_cancel(struct http_transfer *transfer)
{
    curl_multi_remove_handle(transfer->lane->multi, transfer->easy);
    TAILQ_REMOVE(&transfer->lane->active, transfer, link);
    transfer_destroy(transfer);
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcasecmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    return NULL;
}
