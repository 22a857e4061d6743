#include "../cmocka_setup.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "build_config.h"
#include "lane/guard.h"
#include "lane/http.h"

/* A far end that answers each connection's requests by a script, on a thread of its own. */
struct far_end {
    int listener;
    const char *flood; /* goes out for ever after the answer, until the client has had enough */
    char url[64];
    const char *const *answers; /* one a request; "" closes without a word; NULL ends the script */
    int requests;               /* seen, read after the thread has ended */
    char *heard[12];            /* the first of them, likewise; with their bodies */
    pthread_t thread;
};

enum {
    most_heard = sizeof((struct far_end *)NULL)->heard / sizeof(char *),
};

/* Reads one request: its head, and as many bytes more as Content-Length says. */
static bool read_request(int fd, char **heard)
{
    char text[65536];
    size_t len = 0;

    for (;;) {
        ssize_t got = read(fd, text + len, sizeof text - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "content-length:");
        size_t body = length ? strtoul(length + 15, NULL, 10) : 0;
        if (end && len >= (size_t)(end + 4 - text) + body) {
            *heard = text_copy(text);
            return true;
        }
    }
}

static void *far_end_main(void *arg)
{
    struct far_end *far = arg;
    const char *const *answer = far->answers;

    while (*answer) {
        int fd = accept(far->listener, NULL, NULL);
        char *heard = NULL;
        if (fd < 0)
            break; /* the test has seen enough */
        while (*answer && read_request(fd, &heard)) {
            if (far->requests < most_heard)
                far->heard[far->requests] = heard;
            else
                free(heard);
            far->requests++;
            const char *words = *answer++;
            if (!*words || write(fd, words, strlen(words)) < 0)
                break;
            while (far->flood && write(fd, far->flood, strlen(far->flood)) > 0)
                ;
        }
        close(fd);
    }
    return NULL;
}

static void far_end_start(struct far_end *far, const char *const *answers)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    far->answers = answers;
    far->requests = 0;
    far->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(far->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(far->listener, 8), 0);
    getsockname(far->listener, (struct sockaddr *)&address, &len);
    snprintf(far->url, sizeof far->url, "http://127.0.0.1:%d/hook", ntohs(address.sin_port));
    pthread_create(&far->thread, NULL, far_end_main, far);
}

static void far_end_finish(struct far_end *far)
{
    for (int i = 0; i < most_heard; i++)
        free(far->heard[i]);
    close(far->listener);
}

/* A copy of an answer, which lives for its call only. */
struct seen {
    struct event_base *base;
    int status, calls;
    bool maybe_sent, is_too_long, is_cut, is_refused;
    int64_t retry_after_ms;
    char failure[256], body[256], receipt[64];
};

static void on_answer(const struct http_answer *answer, void *arg)
{
    struct seen *seen = arg;
    const char *receipt = http_answer_header(answer, "X-Request-ID");

    seen->calls++;
    seen->status = answer->status;
    seen->maybe_sent = answer->maybe_sent;
    seen->is_too_long = answer->is_too_long;
    seen->is_cut = answer->is_cut;
    seen->is_refused = answer->is_refused;
    seen->retry_after_ms = answer->retry_after_ms;
    snprintf(seen->failure, sizeof seen->failure, "%s", answer->failure ? answer->failure : "");
    snprintf(seen->body, sizeof seen->body, "%s", answer->body);
    snprintf(seen->receipt, sizeof seen->receipt, "%s", receipt ? receipt : "");
    event_base_loopexit(seen->base, NULL);
}

static struct seen ask(struct http_lane *lane, struct event_base *base, const char *url,
    size_t max_answer, bool refuse_longer)
{
    struct seen seen = {.base = base};
    const struct http_request request = {
        .method = "POST",
        .url = url,
        .body = "{\"text\":\"hello\"}",
        .body_len = 16,
        .timeout_ms = 400,
        .max_answer = max_answer,
        .refuse_longer = refuse_longer,
    };

    http_lane_send(lane, &request, on_answer, &seen);
    event_base_dispatch(base);
    assert_int_equal(seen.calls, 1);
    return seen;
}

/* The same for any request; its answer is 200. */
static void ask_for(
    struct http_lane *lane, struct event_base *base, const struct http_request *request)
{
    struct seen seen = {.base = base};
    struct http_request full = *request;

    full.timeout_ms = 20000;
    full.max_answer = 100;
    http_lane_send(lane, &full, on_answer, &seen);
    event_base_dispatch(base);
    assert_int_equal(seen.calls, 1);
    assert_string_equal(seen.failure, "");
    assert_int_equal(seen.status, 200);
}

static void test_an_answer_comes_with_its_status_headers_and_body(void **state)
{
    static const char *const answers[] = {"HTTP/1.1 429 Slow Down\r\nContent-Length: "
                                          "4\r\nRetry-After: 7\r\nx-request-id: r1\r\n\r\nwait",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", NULL};
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    far_end_start(&far, answers);
    struct seen seen = ask(lane, base, far.url, 100, false);
    assert_int_equal(seen.status, 429);
    assert_int_equal(seen.retry_after_ms, 7000);
    assert_string_equal(seen.receipt, "r1");
    assert_string_equal(seen.body, "wait");
    assert_false(seen.is_cut);
    /* A long body is cut, or refused, as the caller wants it. */
    seen = ask(lane, base, far.url, 4, false);
    assert_int_equal(seen.status, 200);
    assert_string_equal(seen.body, "0123");
    assert_true(seen.is_cut);
    seen = ask(lane, base, far.url, 4, true);
    assert_int_equal(seen.status, 0);
    assert_true(seen.is_too_long);
    pthread_join(far.thread, NULL);
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

/* curl sends a POST twice by itself when a kept connection closes before the answer: the far end
 * has it twice and curl says 200 once. */
static void test_a_post_is_never_sent_twice_behind_our_back(void **state)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL};
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    far_end_start(&far, answers);
    struct seen seen = ask(lane, base, far.url, 100, false);
    assert_int_equal(seen.status, 200);
    seen = ask(lane, base, far.url, 100, false); /* the same connection, closed after the body */
    assert_int_equal(seen.status, 0);
    assert_true(seen.maybe_sent);
    shutdown(far.listener, SHUT_RDWR);
    pthread_join(far.thread, NULL);
    assert_int_equal(far.requests, 2);
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

/* The one loop serves all sinks: an answer without an end must not keep it busy. */
static void test_an_endless_answer_is_cut_off_and_its_status_counts(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", NULL};
    static char flood[8193];
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    memset(flood, 'x', sizeof flood - 1);
    far.flood = flood;
    far_end_start(&far, answers);
    struct seen seen = ask(lane, base, far.url, 4, false);
    assert_int_equal(seen.status, 200);
    assert_string_equal(seen.body, "xxxx");
    pthread_join(far.thread, NULL);
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

static void test_endless_headers_are_no_answer(void **state)
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\n", NULL};
    static char flood[4096];
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    memset(flood, 'x', sizeof flood - 3);
    memcpy(flood, "X-More: ", 8);
    memcpy(flood + sizeof flood - 3, "\r\n", 2);
    far.flood = flood;
    far_end_start(&far, answers);
    struct seen seen = ask(lane, base, far.url, 4, false);
    assert_int_equal(seen.status, 0);
    assert_true(seen.maybe_sent);
    assert_string_equal(seen.failure, "the answer's headers have no end");
    pthread_join(far.thread, NULL);
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

static void test_silence_after_the_body_is_in_doubt_and_a_refused_connection_is_not(void **state)
{
    static const char *const answers[] = {NULL};
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    far_end_start(&far, answers); /* it takes connections and never reads them */
    pthread_join(far.thread, NULL);
    struct seen seen = ask(lane, base, far.url, 100, false);
    assert_int_equal(seen.status, 0);
    assert_true(seen.maybe_sent);
    assert_true(seen.failure[0] != '\0');
    close(far.listener);
    seen = ask(lane, base, far.url, 100, false);
    assert_int_equal(seen.status, 0);
    assert_false(seen.maybe_sent);
    http_lane_destroy(lane);
    event_base_free(base);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
/* The next request has a connection of its own: to a proxy, or no more to one. */
#define LAST "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

static struct seen ask_guarded(struct http_lane *lane, struct event_base *base, const char *url,
    const struct guard *guard, const char *proxy)
{
    struct seen seen = {.base = base};
    const struct http_request request = {
        .method = "POST", .url = url, .timeout_ms = 20000, .proxy = proxy, .guard = guard};

    http_lane_send(lane, &request, on_answer, &seen);
    event_base_dispatch(base);
    return seen;
}

static void assert_refused(const struct seen *seen)
{
    assert_int_equal(seen->status, 0);
    assert_true(seen->is_refused);
    assert_false(seen->maybe_sent);
    assert_non_null(strstr(seen->failure, "of this host (loopback)"));
}

/* By a name for its address, and on a connection that one without a guard has opened: that
 * one's is closed by it. */
static void test_no_request_goes_where_its_guard_is_against_it(void **state)
{
    static const char *const answers[] = {OK, OK, NULL};
    static const struct guard public = {0};
    struct network loopback;
    const struct guard allowing = {.allowed = &loopback, .count = 1};
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    assert_true(network_parse("127.0.0.0/8", &loopback, NULL));
    far_end_start(&far, answers);
    auto_free char *by_name = text_format("http://localhost%s", strrchr(far.url, ':'));
    struct seen seen = ask_guarded(lane, base, by_name, &public, NULL);
    assert_refused(&seen);
    seen = ask_guarded(lane, base, far.url, NULL, NULL);
    assert_int_equal(seen.status, 200);
    seen = ask_guarded(lane, base, far.url, &public, NULL);
    assert_refused(&seen);
    seen = ask_guarded(lane, base, far.url, &allowing, NULL);
    assert_int_equal(seen.status, 200);
    pthread_join(far.thread, NULL);
    assert_int_equal(far.requests, 2);
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

/* The proxy may stand anywhere, and looks up names itself: what a URL names as an address is all
 * that can be known. */
static void test_behind_a_proxy_a_guard_sees_what_the_url_names(void **state)
{
    static const char *const answers[] = {OK, OK, NULL};
    static const struct guard public = {0};
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end proxy = {0};

    (void)state;
    far_end_start(&proxy, answers);
    struct seen seen = ask_guarded(lane, base, "http://inside.example/hook", &public, proxy.url);
    assert_int_equal(seen.status, 200);
    seen = ask_guarded(lane, base, "http://127.0.0.1:9/hook", &public, proxy.url);
    assert_refused(&seen);
    seen = ask_guarded(lane, base, "http://127.0.0.1:9/hook", NULL, proxy.url);
    assert_int_equal(seen.status, 200);
    pthread_join(proxy.thread, NULL);
    assert_int_equal(proxy.requests, 2);
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&proxy);
}

#define AGENT "User-Agent: tocsin/" TOCSIN_VERSION "\r\nAccept: */*\r\n"

/* What a request is when nothing came before it; "@" stands for the far end's address. */
static void assert_heard(const struct far_end *far, int which, const char *form)
{
    const char *host = far->url + strlen("http://");
    struct buf expected = {0};

    for (; *form; form++)
        if (*form == '@')
            buf_append(&expected, host, strcspn(host, "/"));
        else
            buf_putc(&expected, *form);
    assert_non_null(far->heard[which]);
    assert_string_equal(far->heard[which], buf_text(&expected));
    buf_finish(&expected);
}

/* Handles are used again: what one request carried, above all a key, must not go to another far
 * end with the next. */
static void test_nothing_of_a_request_leaks_into_the_next(void **state)
{
    static const char *const answers[] = {OK, OK, OK, OK, LAST, LAST, OK, OK, NULL};
    static const char *const key[] = {"Authorization: Bearer secret", NULL};
    static const char *const type[] = {"Content-Type: application/json", "X-Extra: 1", NULL};
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    far_end_start(&far, answers);
    const char *address = far.url + strlen("http://");
    auto_free char *with_user = text_format("http://user:word@%s", address);
    auto_free char *proxy = text_copy_n(far.url, strlen(far.url) - strlen("/hook"));
    const struct http_request get = {.method = "GET", .url = far.url, .headers = key};
    const struct http_request post = {
        .method = "POST", .url = far.url, .headers = type, .body = "{\"a\":1}", .body_len = 7};
    const struct http_request head = {.method = "HEAD", .url = far.url, .body = ""};
    const struct http_request put = {
        .method = "PUT", .url = with_user, .headers = type, .body = "xy", .body_len = 2};
    const struct http_request bare = {.method = "GET", .url = far.url};
    const struct http_request through = {
        .method = "GET", .url = "http://far.invalid/x?y", .proxy = proxy};
    const struct http_request empty = {.method = "POST", .url = far.url, .body = ""};
    const struct http_request *all[] = {&get, &post, &head, &put, &bare, &through, &empty, &bare};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ask_for(lane, base, all[i]);
    pthread_join(far.thread, NULL);
    assert_heard(
        &far, 0, "GET /hook HTTP/1.1\r\nHost: @\r\n" AGENT "Authorization: Bearer secret\r\n\r\n");
    assert_heard(&far, 1,
        "POST /hook HTTP/1.1\r\nHost: @\r\n" AGENT "Content-Type: application/json\r\n"
        "X-Extra: 1\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
    assert_heard(&far, 2, "HEAD /hook HTTP/1.1\r\nHost: @\r\n" AGENT "\r\n");
    assert_heard(&far, 3,
        "PUT /hook HTTP/1.1\r\nHost: @\r\nAuthorization: Basic dXNlcjp3b3Jk\r\n" AGENT
        "Content-Type: application/json\r\nX-Extra: 1\r\nContent-Length: 2\r\n\r\nxy");
    assert_heard(&far, 4, "GET /hook HTTP/1.1\r\nHost: @\r\n" AGENT "\r\n");
    assert_heard(&far, 5,
        "GET http://far.invalid/x?y HTTP/1.1\r\nHost: far.invalid\r\n" AGENT
        "Proxy-Connection: Keep-Alive\r\n\r\n");
    assert_heard(&far, 6,
        "POST /hook HTTP/1.1\r\nHost: @\r\n" AGENT "Content-Length: 0\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n");
    assert_heard(&far, 7, "GET /hook HTTP/1.1\r\nHost: @\r\n" AGENT "\r\n");
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

static void test_a_path_goes_out_as_it_is_written(void **state)
{
    static const char *const answers[] = {OK, OK, OK, OK, OK, OK, OK, NULL};
    static const struct {
        const char *path, *sent;
    } paths[] = {
        {"/a/../b%2Fc?d=e&f=%20|{x}", "/a/../b%2Fc?d=e&f=%20|{x}"},
        {"/", "/"},
        {"", "/"},
        {"?q", "/?q"},
        {"/a?", "/a?"},
        {"/a#b", "/a"},
        {"/\xc3\xa4", "/%c3%a4"},
    };
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct far_end far = {0};

    (void)state;
    far_end_start(&far, answers);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        size_t len = strlen(far.url) - strlen("/hook");
        auto_free char *url = text_format("%.*s%s", (int)len, far.url, paths[i].path);
        const struct http_request get = {.method = "GET", .url = url};
        ask_for(lane, base, &get);
    }
    pthread_join(far.thread, NULL);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        auto_free char *form =
            text_format("GET %s HTTP/1.1\r\nHost: @\r\n" AGENT "\r\n", paths[i].sent);
        assert_heard(&far, (int)i, form);
    }
    http_lane_destroy(lane);
    event_base_free(base);
    far_end_finish(&far);
}

static void test_other_protocols_are_refused_and_done_is_still_called(void **state)
{
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);

    (void)state;
    struct seen seen = ask(lane, base, "file:///etc/passwd", 100, false);
    assert_int_equal(seen.status, 0);
    assert_false(seen.maybe_sent);
    seen = ask(lane, base, "no url at all", 100, false);
    assert_int_equal(seen.status, 0);
    http_lane_destroy(lane);
    event_base_free(base);
}

enum {
    many = 300,
};

/* A far end that answers when all of a crowd have asked. */
struct crowd {
    struct event_base *base;
    struct evhttp_request *waiting[many];
    size_t waiting_count, connections, answered;
};

static void on_crowd_request(struct evhttp_request *request, void *arg)
{
    struct crowd *crowd = arg;

    crowd->waiting[crowd->waiting_count++] = request;
    if (crowd->waiting_count < many)
        return;
    while (crowd->waiting_count > 0)
        evhttp_send_reply(crowd->waiting[--crowd->waiting_count], 200, NULL, NULL);
}

static struct bufferevent *on_crowd_connection(struct event_base *base, void *arg)
{
    struct crowd *crowd = arg;

    crowd->connections++;
    return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
}

/* On loopback, at a port that the system chose. */
static int crowd_port(struct evhttp *http)
{
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    struct sockaddr_in address = {0};
    socklen_t len = sizeof address;

    assert_non_null(bound);
    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len);
    return ntohs(address.sin_port);
}

static void on_crowd_answer(const struct http_answer *answer, void *arg)
{
    struct crowd *crowd = arg;

    assert_int_equal(answer->status, 200);
    if (++crowd->answered == many)
        event_base_loopexit(crowd->base, NULL);
}

/* Sixteen sinks of sixteen places each have more connections than curl was told to keep: then each
 * request closed one that the next would have used. */
static void test_connections_are_kept_however_many_there_are(void **state)
{
    struct event_base *base = event_base_new();
    struct http_lane *lane = http_lane_create(base, NULL);
    struct evhttp *http = evhttp_new(base);
    struct crowd crowd = {.base = base};

    (void)state;
    evhttp_set_gencb(http, on_crowd_request, &crowd);
    evhttp_set_bevcb(http, on_crowd_connection, &crowd);
    auto_free char *url = text_format("http://127.0.0.1:%d/", crowd_port(http));
    const struct http_request post = {
        .method = "POST", .url = url, .body = "", .timeout_ms = 20000, .max_answer = 100};
    for (int round = 0; round < 3; round++) {
        crowd.answered = 0;
        for (int i = 0; i < many; i++)
            http_lane_send(lane, &post, on_crowd_answer, &crowd);
        event_base_dispatch(base);
        assert_int_equal(crowd.answered, many);
        assert_int_equal(crowd.connections, many);
    }
    http_lane_destroy(lane);
    evhttp_free(http);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_request_goes_where_its_guard_is_against_it),
        cmocka_unit_test(test_behind_a_proxy_a_guard_sees_what_the_url_names),
        cmocka_unit_test(test_an_answer_comes_with_its_status_headers_and_body),
        cmocka_unit_test(test_a_post_is_never_sent_twice_behind_our_back),
        cmocka_unit_test(test_an_endless_answer_is_cut_off_and_its_status_counts),
        cmocka_unit_test(test_endless_headers_are_no_answer),
        cmocka_unit_test(test_silence_after_the_body_is_in_doubt_and_a_refused_connection_is_not),
        cmocka_unit_test(test_nothing_of_a_request_leaks_into_the_next),
        cmocka_unit_test(test_a_path_goes_out_as_it_is_written),
        cmocka_unit_test(test_connections_are_kept_however_many_there_are),
        cmocka_unit_test(test_other_protocols_are_refused_and_done_is_still_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
