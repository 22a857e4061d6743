/* How the syslog sink keeps a session with a TLS server, and loses it (RFC 5425). */
#include "../cmocka_setup.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "deliver_host.h"
#include "tls_peer.h"
#include "tls_scene.h"

static void take_two(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    peer_expect(peer, "] first €");
    peer_expect(peer, "] second");
    peer_await_end(peer);
}

static void test_messages_share_a_session_and_are_counted(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, take_two);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "127.0.0.1"), authority.ca));
    assert_delivered(sink, "first €");
    assert_delivered(sink, "second");
    deliver_host_destroy(sink);
    tls_peer_destroy(peer);
    unlink(authority.path);
}

static void take_counted(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    char *line;
    unsigned long len = strtoul(peer_read(peer), &line, 10);
    if (len == 0 || *line != ' ' || strlen(line + 1) != len)
        peer_give_up(peer, "a frame without its length before it");
    peer_tell(peer);
}

static void test_every_format_is_counted(void **state)
{
    static const char *const formats[] = {
        "format=rfc5424", "format=rfc3164", "format=cef", "format=leef", "format=ecs"};

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct authority authority = usual_authority();
        struct tls_peer *peer = tls_peer_create(authority.context, take_counted);
        struct deliver_host *sink =
            sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca, formats[i]));
        assert_delivered(sink, "first");
        tls_peer_await(peer);
        deliver_host_destroy(sink);
        tls_peer_destroy(peer);
        unlink(authority.path);
    }
}

static void take_line(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    peer_expect(peer, "] first\n");
}

static void test_line_feeds_are_an_option(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, take_line);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca, "framing=lf"));
    assert_delivered(sink, "first");
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

static void hang_up_at_once(struct tls_peer *peer)
{
    peer_accept(peer);
    peer_hang_up(peer);
}

static void test_a_server_that_hangs_up_in_the_handshake_is_tried_again(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, hang_up_at_once);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    assert_outcome(sink, TOCSIN_RETRY, false, "TLS handshake: ");
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

static void stall(struct tls_peer *peer)
{
    peer_accept(peer);
    peer_await_end(peer);
}

static void test_a_handshake_that_stalls_costs_the_deadline(void **state)
{
    const struct tocsin_message message = named("x");
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, stall);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 300);
    assert_int_equal(outcome.result, TOCSIN_RETRY);
    assert_false(outcome.maybe_sent);
    assert_says(outcome.reason, "TLS handshake: broken off: the deadline has passed");
    assert_in_range(outcome.took_ms, 250, 2000);
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

static void say_goodbye_between(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    peer_expect(peer, "] first €");
    peer_say_goodbye(peer); /* the connection itself stays open */
    peer_tell(peer);
    peer_await_end(peer);
    peer_accept(peer);
    take_two(peer);
}

static void hang_up_between(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    peer_expect(peer, "] first €");
    peer_hang_up(peer);
    peer_tell(peer);
    peer_accept(peer);
    take_two(peer);
}

static void reset_between(struct tls_peer *peer)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    peer_shake_hands(peer);
    peer_expect(peer, "] first €");
    setsockopt(peer_socket(peer), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    peer_hang_up(peer);
    peer_tell(peer);
    peer_accept(peer);
    take_two(peer);
}

static void test_a_session_that_was_closed_is_opened_again_before_the_next_message(void **state)
{
    static tls_script *const scripts[] = {say_goodbye_between, hang_up_between, reset_between};

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct authority authority = usual_authority();
        struct tls_peer *peer = tls_peer_create(authority.context, scripts[i]);
        struct deliver_host *sink =
            sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
        assert_delivered(sink, "first €");
        tls_peer_await(peer);
        assert_delivered(sink, "first €");
        assert_delivered(sink, "second");
        deliver_host_destroy(sink);
        tls_peer_destroy(peer);
        unlink(authority.path);
    }
}

/* Tickets, a new key and chatter: each can be read, and none says that the far end has closed. */
static void talk_between(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    peer_expect(peer, "] first €");
    SSL_new_session_ticket(peer_session(peer));
    SSL_key_update(peer_session(peer), SSL_KEY_UPDATE_REQUESTED);
    peer_write(peer, "hello\n");
    peer_tell(peer);
    peer_expect(peer, "] second");
    peer_await_end(peer);
}

static void test_what_the_far_end_says_does_not_look_like_its_end(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, talk_between);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    assert_delivered(sink, "first €");
    tls_peer_await(peer);
    assert_delivered(sink, "second");
    deliver_host_destroy(sink);
    tls_peer_destroy(peer);
    unlink(authority.path);
}

/* Reads nothing until told, then hangs up with a full connection. */
static void read_nothing(struct tls_peer *peer)
{
    const int small = 4096;

    peer_accept(peer);
    setsockopt(peer_socket(peer), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    peer_shake_hands(peer);
    peer_tell(peer);
    peer_wait(peer);
}

static void test_a_far_end_that_reads_nothing_costs_the_deadline_and_leaves_a_doubt(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, read_nothing);
    struct tocsin_message message = named("x");
    auto_free char *text = mem_alloc((1 << 20) + 1);

    (void)state;
    memset(text, 'a', 1 << 20);
    message.text_plain = text;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca, "max_len=1m"));
    for (int i = 0;; i++) {
        auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 300);
        assert_true(i < 64);
        if (outcome.result == TOCSIN_DELIVERED)
            continue;
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_true(outcome.maybe_sent);
        assert_says(outcome.reason, "write: broken off");
        assert_true(outcome.took_ms < 2000);
        break;
    }
    tls_peer_go(peer);
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

/* Hangs up as soon as the message has begun: first politely, then not, which makes the next write
 * raise SIGPIPE. */
static void break_off(struct tls_peer *peer)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    const int small = 4096;

    peer_accept(peer);
    setsockopt(peer_socket(peer), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    peer_shake_hands(peer);
    peer_read(peer);
    shutdown(peer_socket(peer), SHUT_WR);
    setsockopt(peer_socket(peer), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

static void test_a_far_end_that_breaks_off_kills_nobody_and_leaves_a_doubt(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, break_off);
    struct tocsin_message message = named("x");
    auto_free char *text = mem_alloc((8 << 20) + 1);

    (void)state;
    memset(text, 'a', 8 << 20);
    message.text_plain = text;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca, "max_len=1m"));
    for (int i = 0;; i++) {
        auto_outcome struct outcome outcome = deliver_host_deliver(sink, &message, 5000);
        assert_true(i < 2);
        if (outcome.result == TOCSIN_DELIVERED)
            continue; /* the system took it all before the far end was gone */
        assert_int_equal(outcome.result, TOCSIN_RETRY);
        assert_int_equal(outcome.maybe_sent, i == 0);
        assert_says(outcome.reason, i == 0 ? "write: " : "TLS handshake");
        break;
    }
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

static int open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void be_refused_often(struct tls_peer *peer)
{
    for (int i = 0; i < 20; i++) {
        peer_accept(peer);
        if (peer_shake_hands(peer))
            peer_expect(peer, "");
    }
}

static void test_failures_leave_no_files_open(void **state)
{
    struct authority authority = authority_create("DNS:other", 3600);
    int before = open_files();
    struct tls_peer *peer = tls_peer_create(authority.context, be_refused_often);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    for (int i = 0; i < 20; i++)
        assert_outcome(sink, TOCSIN_UNUSABLE, false, "hostname mismatch");
    tls_peer_destroy(peer);
    assert_int_equal(open_files(), before);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_share_a_session_and_are_counted),
        cmocka_unit_test(test_every_format_is_counted),
        cmocka_unit_test(test_line_feeds_are_an_option),
        cmocka_unit_test(test_a_server_that_hangs_up_in_the_handshake_is_tried_again),
        cmocka_unit_test(test_a_handshake_that_stalls_costs_the_deadline),
        cmocka_unit_test(test_a_session_that_was_closed_is_opened_again_before_the_next_message),
        cmocka_unit_test(test_what_the_far_end_says_does_not_look_like_its_end),
        cmocka_unit_test(test_a_far_end_that_reads_nothing_costs_the_deadline_and_leaves_a_doubt),
        cmocka_unit_test(test_a_far_end_that_breaks_off_kills_nobody_and_leaves_a_doubt),
        cmocka_unit_test(test_failures_leave_no_files_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
