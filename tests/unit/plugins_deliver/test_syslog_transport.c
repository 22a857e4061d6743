/* How a line travels, and what becomes of it when the way is broken. */
#include "../cmocka_setup.h"

#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"
#include "receiver.h"

/* A name server that answers when the test lets it; other names are looked up as ever. The plugin
 * finds this function before the C library's, since the program exports it. */
static sem_t may_answer, has_answered;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(
    const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **addresses)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    bool is_slow = strcmp(host, "slow.example.org") == 0;

    if (!is_slow || hints->ai_flags & AI_NUMERICHOST)
        return real(host, port, hints, addresses);
    sem_wait(&may_answer);
    int error = real("127.0.0.1", port, hints, addresses);
    sem_post(&has_answered);
    return error;
}

/* A line of the local form: no host name in it. */
static void assert_local(const char *line, const char *title)
{
    char expected[128];

    (void)snprintf(
        expected, sizeof expected, " tocsin[%d]: %s - level=\"urgent\" ", (int)getpid(), title);
    assert_memory_equal(line, "<130>Nov 2", 10);
    assert_memory_equal(line + strlen("<130>Nov 23 10:00:00"), expected, strlen(expected));
}

static struct deliver_host *sink_create(const char *url, const char *extra)
{
    const char *settings[] = {url, "hostname=h", extra, NULL};
    struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", settings);

    assert_null(deliver_host_check(sink));
    return sink;
}

/* A message that can be told from others, without a link or facts. */
static struct tocsin_message named(const char *title)
{
    struct tocsin_message message = sample_message();

    message.title = title;
    message.text_plain = "";
    message.fact_count = 0;
    return message;
}

static void assert_delivered(struct deliver_host *sink, const char *title)
{
    const struct tocsin_message message = named(title);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);

    if (outcome.result != TOCSIN_DELIVERED)
        fail_msg("%s", outcome.reason);
}

static void assert_says(const char *text, const char *expected)
{
    if (!text || !strstr(text, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, text ? text : "(nothing)");
}

/* The line that ends with the title, as one frame of the stream would carry it. */
static void assert_counted(const char *stream, const char *title)
{
    char *line;
    unsigned long len = strtoul(stream, &line, 10);

    assert_int_equal(*line, ' ');
    assert_int_equal(strlen(line + 1), len);
    assert_memory_equal(line + 1, "<130>1 ", 7);
    assert_string_equal(stream + strlen(stream) - strlen(title), title);
}

static void test_tcp_counts_octets_on_one_connection(void **state)
{
    struct receiver receiver = receiver_tcp();

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    assert_delivered(sink, "first €");
    receiver_accept(&receiver);
    auto_free char *first = receiver_stream(&receiver, 1);
    assert_counted(first, "first €");
    assert_delivered(sink, "second");
    auto_free char *second = receiver_stream(&receiver, 1);
    assert_counted(second, "second");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_line_feeds_are_an_option(void **state)
{
    struct receiver receiver = receiver_tcp();

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, "framing=lf");
    assert_delivered(sink, "first");
    receiver_accept(&receiver);
    auto_free char *line = receiver_stream(&receiver, 1);
    assert_memory_equal(line, "<130>1 ", 7);
    assert_string_equal(line + strlen(line) - 8, "] first\n");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_a_peer_that_hung_up_is_called_again_before_the_next_message(void **state)
{
    struct receiver receiver = receiver_tcp();

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    assert_delivered(sink, "first");
    receiver_accept(&receiver);
    auto_free char *first = receiver_stream(&receiver, 1);
    assert_counted(first, "first");
    receiver_hang_up(&receiver);
    assert_delivered(sink, "second");
    receiver_accept(&receiver);
    auto_free char *second = receiver_stream(&receiver, 1);
    assert_counted(second, "second");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_what_the_peer_says_is_no_sign_of_anything(void **state)
{
    struct receiver receiver = receiver_tcp();

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    assert_delivered(sink, "first");
    receiver_accept(&receiver);
    auto_free char *first = receiver_stream(&receiver, 1);
    assert_counted(first, "first");
    assert_int_equal(send(receiver.client, "hello\n", 6, MSG_NOSIGNAL), 6);
    assert_delivered(sink, "second");
    auto_free char *second = receiver_stream(&receiver, 1);
    assert_counted(second, "second");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_nothing_listening_is_tried_again(void **state)
{
    const struct tocsin_message message = named("x");
    struct receiver receiver = receiver_tcp();

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    receiver_finish(&receiver);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_false(outcome.maybe_sent);
    assert_says(outcome.reason, "connect: Connection refused");
    assert_says(outcome.reason, "tcp://127.0.0.1:");
    deliver_host_destroy(sink);
}

static void test_a_host_that_does_not_exist_is_tried_again(void **state)
{
    const struct tocsin_message message = named("x");
    /* A label of more than 63 characters is refused before any server is asked. */
    char url[] = "url=udp://no-such-host-0123456789-0123456789-0123456789-0123456789-0123456789";

    (void)state;
    struct deliver_host *sink = sink_create(url, NULL);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_says(outcome.reason, "look-up: ");
    deliver_host_destroy(sink);
}

static void test_a_name_server_that_is_silent_costs_the_deadline(void **state)
{
    const struct tocsin_message message = named("x");

    (void)state;
    struct deliver_host *sink = sink_create("url=tcp://slow.example.org:514", NULL);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 300);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_false(outcome.maybe_sent);
    assert_says(outcome.reason, "look-up: broken off: the deadline has passed");
    assert_in_range(outcome.took_ms, 250, 2000);
    /* The answer comes when nobody waits for it any more. */
    deliver_host_destroy(sink);
    sem_post(&may_answer);
    sem_wait(&has_answered);
}

static void test_a_name_server_that_is_slow_is_waited_for(void **state)
{
    struct receiver receiver = receiver_tcp();
    char url[64];

    (void)state;
    (void)snprintf(url, sizeof url, "url=tcp://slow.example.org%s", strrchr(receiver.url, ':'));
    struct deliver_host *sink = sink_create(url, NULL);
    sem_post(&may_answer);
    assert_delivered(sink, "first");
    sem_wait(&has_answered);
    receiver_accept(&receiver);
    auto_free char *first = receiver_stream(&receiver, 1);
    assert_counted(first, "first");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_a_peer_that_reads_nothing_costs_the_deadline_and_leaves_a_doubt(void **state)
{
    struct receiver receiver = receiver_tcp();
    struct tocsin_message message = named("x");
    auto_free char *text = mem_alloc((1 << 20) + 1);

    (void)state;
    memset(text, 'a', 1 << 20);
    message.text_plain = text;
    struct deliver_host *sink = sink_create(receiver.url, "max_len=1m");
    /* Some messages fit into what the system holds for a reader; one does not. */
    for (int i = 0; i < 64; i++) {
        auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 300);
        if (outcome.result == TOCSIN_DELIVERED)
            continue;
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_true(outcome.maybe_sent);
        assert_says(outcome.reason, "write: broken off");
        assert_true(outcome.took_ms < 2000);
        deliver_host_destroy(sink);
        receiver_finish(&receiver);
        return;
    }
    fail_msg("64 MB went nowhere");
}

static void test_a_stopping_daemon_breaks_off(void **state)
{
    const struct tocsin_message message = named("x");
    struct receiver receiver = receiver_unix(SOCK_DGRAM);
    uint32_t result = TOCSIN_DELIVERED;

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    deliver_host_stop(sink);
    /* Nobody reads: the queue fills up, and then there is something to break off. */
    for (int i = 0; i < 10000 && result == TOCSIN_DELIVERED; i++) {
        auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 60000);
        result = outcome.result;
        assert_false(outcome.maybe_sent);
        assert_true(outcome.took_ms < 2000);
    }
    assert_int_equal(result, TOCSIN_RETRY);
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_udp_hears_of_a_refusal_at_the_next_message(void **state)
{
    const struct tocsin_message message = named("x");
    struct receiver receiver = receiver_udp();

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    receiver_finish(&receiver);
    auto_outcome struct outcome first = deliver_host_deliver(sink, &message, 5000);
    auto_outcome struct outcome second = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(first.result, TOCSIN_DELIVERED);
    assert_int_equal(second.result, TOCSIN_RETRY);
    assert_says(second.reason, "Connection refused");
    deliver_host_destroy(sink);
}

static void test_a_datagram_too_large_is_shortened_once(void **state)
{
    struct receiver receiver = receiver_udp();
    struct tocsin_message message = named("title");
    auto_free char *text = mem_alloc(70001);

    (void)state;
    memset(text, 'a', 70000);
    message.text_plain = text;
    struct deliver_host *sink = sink_create(receiver.url, "max_len=64k");
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_DELIVERED);
    auto_free char *line = receiver_datagram(&receiver);
    assert_int_equal(strlen(line), 1024);
    assert_string_equal(line + 1021, "...");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_unix_datagrams_have_no_frame(void **state)
{
    struct receiver receiver = receiver_unix(SOCK_DGRAM);

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    assert_delivered(sink, "first");
    auto_free char *line = receiver_datagram(&receiver);
    assert_local(line, "first");
    assert_null(strchr(line, '\n'));
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_unix_streams_have_line_feeds(void **state)
{
    struct receiver receiver = receiver_unix(SOCK_STREAM);

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    assert_delivered(sink, "first");
    receiver_accept(&receiver);
    auto_free char *line = receiver_stream(&receiver, 1);
    assert_local(line, "first");
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_rfc5424_is_an_option_on_unix_sockets(void **state)
{
    struct receiver receiver = receiver_unix(SOCK_DGRAM);

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, "format=rfc5424");
    assert_delivered(sink, "first");
    auto_free char *line = receiver_datagram(&receiver);
    assert_memory_equal(line, "<130>1 ", 7);
    assert_string_equal(line + strlen(line) - 7, "] first");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_cef_has_a_tag_before_it_on_unix_sockets(void **state)
{
    struct receiver receiver = receiver_unix(SOCK_DGRAM);
    char expected[64];

    (void)state;
    (void)snprintf(
        expected, sizeof expected, " tocsin[%d]: CEF:0|tocsin|tocsin|1.0|", (int)getpid());
    struct deliver_host *sink = sink_create(receiver.url, "format=cef");
    assert_delivered(sink, "first");
    auto_free char *line = receiver_datagram(&receiver);
    assert_says(line, expected);
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

/* What a format's readers expect on TCP. */
static void test_formats_with_an_older_header_end_with_line_feeds(void **state)
{
    static const struct {
        const char *settings[2];
        bool is_counted;
    } rows[] = {
        {{"format=rfc5424"}, true},
        {{"format=rfc3164"}, false},
        {{"format=cef"}, false},
        {{"format=leef"}, false},
        {{"format=ecs"}, true},
        {{"format=cef", "header=rfc5424"}, true},
        {{"format=ecs", "header=none"}, false},
        {{"format=ecs", "header=rfc3164"}, false},
        {{"format=cef", "framing=octet"}, true},
        {{"format=ecs", "framing=lf"}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct receiver receiver = receiver_tcp();
        const char *settings[] = {receiver.url, rows[i].settings[0], rows[i].settings[1], NULL};
        struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", settings);
        assert_null(deliver_host_check(sink));
        assert_delivered(sink, "first");
        receiver_accept(&receiver);
        auto_free char *stream = receiver_stream(&receiver, 1);
        char *line;
        size_t len = strtoul(stream, &line, 10);
        if (rows[i].is_counted)
            assert_int_equal(strlen(line + 1), len);
        else
            assert_ptr_equal(strchr(stream, '\n'), stream + strlen(stream) - 1);
        deliver_host_destroy(sink);
        receiver_finish(&receiver);
    }
}

static void test_a_unix_socket_made_anew_is_found_again(void **state)
{
    struct receiver receiver = receiver_unix(SOCK_DGRAM);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)state;
    struct deliver_host *sink = sink_create(receiver.url, NULL);
    assert_delivered(sink, "first");
    /* As a syslog daemon does that is started again. */
    close(receiver.fd);
    unlink(receiver.path);
    receiver.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, receiver.path, sizeof receiver.path);
    assert_return_code(bind(receiver.fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_delivered(sink, "second");
    auto_free char *line = receiver_datagram(&receiver);
    assert_local(line, "second");
    deliver_host_destroy(sink);
    receiver_finish(&receiver);
}

static void test_a_missing_unix_socket_is_tried_again(void **state)
{
    const struct tocsin_message message = named("x");

    (void)state;
    struct deliver_host *sink = sink_create("url=unix:/nonexistent/log", NULL);
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_says(outcome.reason, "connect: No such file");
    deliver_host_destroy(sink);
}

static void test_check_names_what_is_wrong(void **state)
{
    static const struct {
        const char *settings[4], *why;
    } rows[] = {
        {{"url=http://siem.example.org"}, "only udp://, tcp://, tls:// and unix://"},
        {{"url=siem.example.org:514"}, "only udp://, tcp://, tls:// and unix://"},
        {{"url=udp://"}, "no host"},
        {{"url=udp://:514"}, "no host"},
        {{"url=udp://h:0"}, "port from 1"},
        {{"url=udp://h:99999"}, "port from 1"},
        {{"url=udp://h:5x"}, "port from 1"},
        {{"url=udp://h:"}, "port from 1"},
        {{"url=udp://h/path"}, "nothing may follow"},
        {{"url=udp://u:p@h"}, "no users"},
        {{"url=udp://[::1"}, "no host"},
        {{"url=udp://[::1]x"}, "port from 1"},
        {{"url=unix://dev/log"}, "absolute path"},
        {{"url=udp://h", "app_name=two words"}, "app_name"},
        {{"url=udp://h", "app_name="}, "app_name"},
        {{"url=udp://h", "hostname=a\nb"}, "hostname"},
        {{"url=udp://h", "framing=lf"}, "framing"},
        {{"url=udp://h", "max_len=479"}, "max_len"},
        {{"url=udp://h", "max_len=1m"}, "max_len"},
        {{"url=tcp://h", "max_len=2m"}, "max_len"},
        {{"url=tcp://h", "header=rfc3164"}, "header: formats rfc5424 and rfc3164"},
        {{"url=tcp://h", "format=rfc3164", "header=none"}, "header: formats rfc5424 and"},
        {{"url=tcp://h", "format=rfc3164", "bom=true"}, "bom: only RFC 5424"},
        {{"url=tcp://h", "format=cef", "bom=true"}, "bom: only RFC 5424"},
        {{"url=unix:/dev/log", "bom=true"}, "bom: only RFC 5424"},
        {{"url=tcp://h", "format=cef", "cee=true"}, "cee: only JSON"},
        {{"url=tcp://h", "format=rfc3164", "app_name=a[1]"}, "app_name: RFC 3164"},
        {{"url=tcp://h", "format=rfc3164", "app_name=a/b"}, "app_name: RFC 3164"},
        {{"url=unix:/dev/log", "app_name=a-name-that-has-more-than-thirty-two"}, "1 to 32"},
        {{"url=unix:/dev/log", "format=leef", "app_name=a:"}, "app_name: RFC 3164"},
        {{"url=tcp://h", "ca=/etc/ca.pem"}, "are for tls://"},
        {{"url=udp://h", "cert=/etc/c.pem", "key=/etc/k.pem"}, "are for tls://"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", rows[i].settings);
        assert_says(deliver_host_check(sink), rows[i].why);
        deliver_host_destroy(sink);
    }
}

static void test_check_takes_what_people_write(void **state)
{
    static const char *const urls[] = {"url=udp://siem", "url=udp://siem:514/", "url=tcp://[::1]",
        "url=tcp://[2001:db8::1]:601", "url=tcp://192.0.2.1:601", "url=unix:///dev/log",
        "url=unix:/dev/log", "url=tls://siem.example.org", "url=tls://[::1]:6514"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        deliver_host_destroy(sink_create(urls[i], NULL));
}

static void test_overlong_urls_are_refused(void **state)
{
    auto_buf struct buf url = {0};

    (void)state;
    buf_puts(&url, "url=unix:///");
    for (int i = 0; i < 2000; i++)
        buf_putc(&url, 'a');
    const char *path[] = {buf_text(&url), NULL};
    struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", path);
    assert_says(deliver_host_check(sink), "107 bytes");
    deliver_host_destroy(sink);
    memcpy(url.data, "url=udp://aa", 12);
    const char *host[] = {buf_text(&url), NULL};
    sink = deliver_host_create("PLUGIN_SYSLOG", host);
    assert_says(deliver_host_check(sink), "too long");
    deliver_host_destroy(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_counts_octets_on_one_connection),
        cmocka_unit_test(test_line_feeds_are_an_option),
        cmocka_unit_test(test_a_peer_that_hung_up_is_called_again_before_the_next_message),
        cmocka_unit_test(test_what_the_peer_says_is_no_sign_of_anything),
        cmocka_unit_test(test_nothing_listening_is_tried_again),
        cmocka_unit_test(test_a_host_that_does_not_exist_is_tried_again),
        cmocka_unit_test(test_a_name_server_that_is_silent_costs_the_deadline),
        cmocka_unit_test(test_a_name_server_that_is_slow_is_waited_for),
        cmocka_unit_test(test_a_peer_that_reads_nothing_costs_the_deadline_and_leaves_a_doubt),
        cmocka_unit_test(test_a_stopping_daemon_breaks_off),
        cmocka_unit_test(test_udp_hears_of_a_refusal_at_the_next_message),
        cmocka_unit_test(test_a_datagram_too_large_is_shortened_once),
        cmocka_unit_test(test_unix_datagrams_have_no_frame),
        cmocka_unit_test(test_unix_streams_have_line_feeds),
        cmocka_unit_test(test_rfc5424_is_an_option_on_unix_sockets),
        cmocka_unit_test(test_cef_has_a_tag_before_it_on_unix_sockets),
        cmocka_unit_test(test_formats_with_an_older_header_end_with_line_feeds),
        cmocka_unit_test(test_a_unix_socket_made_anew_is_found_again),
        cmocka_unit_test(test_a_missing_unix_socket_is_tried_again),
        cmocka_unit_test(test_check_names_what_is_wrong),
        cmocka_unit_test(test_check_takes_what_people_write),
        cmocka_unit_test(test_overlong_urls_are_refused),
    };

    sem_init(&may_answer, 0, 0);
    sem_init(&has_answered, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
