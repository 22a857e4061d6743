/* Whom the syslog sink trusts over TLS, and who trusts it. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
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

static void stall(struct tls_peer *peer)
{
    peer_accept(peer);
    peer_await_end(peer);
}

static void take_nothing(struct tls_peer *peer)
{
    if (peer_shake_hands(peer))
        peer_expect(peer, "");
}

static void test_a_certificate_that_does_not_hold_gets_nothing(void **state)
{
    static const struct {
        const char *names, *host, *reason;
        long until;
        bool is_trusted;
    } rows[] = {
        {"DNS:localhost", "localhost", "self-signed certificate", 3600, false},
        {"DNS:localhost", "localhost", "certificate has expired", -60, true},
        {"DNS:other.example.org", "localhost", "hostname mismatch", 3600, true},
        {"DNS:localhost", "127.0.0.1", "IP address mismatch", 3600, true},
        {"IP:127.0.0.2", "127.0.0.1", "IP address mismatch", 3600, true},
        {"DNS:127.0.0.1", "127.0.0.1", "IP address mismatch", 3600, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct authority authority = authority_create(rows[i].names, rows[i].until);
        struct tls_peer *peer = tls_peer_create(authority.context, take_nothing);
        struct deliver_host *sink = sink_create(SETTINGS(
            tls_peer_url(peer, rows[i].host), rows[i].is_trusted ? authority.ca : "hostname=h"));
        assert_outcome(sink, TOCSIN_UNUSABLE, false, rows[i].reason);
        tls_peer_destroy(peer);
        deliver_host_destroy(sink);
        unlink(authority.path);
    }
}

static void test_ca_replaces_the_system_s_authorities(void **state)
{
    struct authority authority = usual_authority(), other = usual_authority();

    (void)state;
    setenv("SSL_CERT_FILE", authority.path, 1);
    struct tls_peer *peer = tls_peer_create(authority.context, take_two);
    struct deliver_host *sink = sink_create(SETTINGS(tls_peer_url(peer, "localhost")));
    assert_delivered(sink, "first €");
    assert_delivered(sink, "second");
    deliver_host_destroy(sink);
    tls_peer_destroy(peer);
    unlink(authority.path);

    authority = usual_authority();
    setenv("SSL_CERT_FILE", authority.path, 1);
    peer = tls_peer_create(authority.context, take_nothing);
    sink = sink_create(SETTINGS(tls_peer_url(peer, "localhost"), other.ca));
    assert_outcome(sink, TOCSIN_UNUSABLE, false, "certificate does not hold: self-signed");
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unsetenv("SSL_CERT_FILE");
    SSL_CTX_free(other.context);
    unlink(other.path);
    unlink(authority.path);
}

static void expect_name(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    const char *name = SSL_get_servername(peer_session(peer), TLSEXT_NAMETYPE_host_name);
    if (!name || strcmp(name, "localhost") != 0)
        peer_give_up(peer, "no name of the server in the handshake");
    peer_expect(peer, "] first");
}

static void expect_no_name(struct tls_peer *peer)
{
    peer_shake_hands(peer);
    if (SSL_get_servername(peer_session(peer), TLSEXT_NAMETYPE_host_name))
        peer_give_up(peer, "an address as a name in the handshake");
    peer_expect(peer, "] first");
}

static void test_names_are_said_in_the_handshake_and_addresses_not(void **state)
{
    static const struct {
        const char *host;
        tls_script *script;
    } rows[] = {{"localhost", expect_name}, {"127.0.0.1", expect_no_name}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct authority authority = usual_authority();
        struct tls_peer *peer = tls_peer_create(authority.context, rows[i].script);
        struct deliver_host *sink =
            sink_create(SETTINGS(tls_peer_url(peer, rows[i].host), authority.ca));
        assert_delivered(sink, "first");
        tls_peer_destroy(peer);
        deliver_host_destroy(sink);
        unlink(authority.path);
    }
}

static void test_tls_1_1_is_too_old(void **state)
{
    struct authority authority = usual_authority();

    (void)state;
    SSL_CTX_set_security_level(authority.context, 0);
    SSL_CTX_set_min_proto_version(authority.context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(authority.context, TLS1_1_VERSION);
    struct tls_peer *peer = tls_peer_create(authority.context, take_nothing);
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    assert_outcome(sink, TOCSIN_UNUSABLE, false, "alert protocol version");
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

static void test_tls_1_2_is_taken(void **state)
{
    struct authority authority = usual_authority();

    (void)state;
    SSL_CTX_set_max_proto_version(authority.context, TLS1_2_VERSION);
    struct tls_peer *peer = tls_peer_create(authority.context, take_two);
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    assert_delivered(sink, "first €");
    assert_delivered(sink, "second");
    deliver_host_destroy(sink);
    tls_peer_destroy(peer);
    unlink(authority.path);
}

static void speak_plainly(struct tls_peer *peer)
{
    peer_accept(peer);
    peer_write_plain(peer, "220 mail.example.org ESMTP\r\n");
    peer_await_end(peer);
}

static void test_a_server_without_tls_is_no_destination(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, speak_plainly);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    assert_outcome(sink, TOCSIN_UNUSABLE, false, "TLS handshake: wrong version number");
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
    unlink(authority.path);
}

static struct tls_peer *strict_peer(
    struct authority *authority, struct authority *clients, int version, tls_script *script)
{
    SSL_CTX_set_max_proto_version(authority->context, version);
    SSL_CTX_set_verify(authority->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    assert_int_equal(SSL_CTX_load_verify_locations(authority->context, clients->path, NULL), 1);
    return tls_peer_create(authority->context, script);
}

static void test_a_client_s_certificate_lets_it_in(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct authority authority = usual_authority(), clients = usual_authority();
        struct tls_peer *peer = strict_peer(&authority, &clients, versions[i], take_two);
        struct deliver_host *sink = sink_create(
            SETTINGS(tls_peer_url(peer, "localhost"), authority.ca, clients.cert, clients.key));
        assert_delivered(sink, "first €");
        assert_delivered(sink, "second");
        deliver_host_destroy(sink);
        tls_peer_destroy(peer);
        SSL_CTX_free(clients.context);
        unlink(clients.path);
        unlink(authority.path);
    }
}

/* In TLS 1.3 the refusal comes when our side of the handshake is over: a message must not count as
 * delivered that was sent into it. */
static void test_a_client_that_is_not_let_in_has_delivered_nothing(void **state)
{
    static const struct {
        int version;
        bool has_certificate;
        const char *reason;
    } rows[] = {
        {TLS1_2_VERSION, false, "TLS handshake: "},
        {TLS1_3_VERSION, false, "TLS handshake: tlsv13 alert certificate required"},
        {TLS1_2_VERSION, true, "TLS handshake: "},
        {TLS1_3_VERSION, true, "TLS handshake: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct authority authority = usual_authority(), clients = usual_authority(),
                         stranger = usual_authority();
        struct tls_peer *peer = strict_peer(&authority, &clients, rows[i].version, take_nothing);
        struct deliver_host *sink = sink_create(SETTINGS(tls_peer_url(peer, "localhost"),
            authority.ca, rows[i].has_certificate ? stranger.cert : "hostname=h",
            rows[i].has_certificate ? stranger.key : "hostname=h"));
        assert_outcome(sink, TOCSIN_UNUSABLE, false, rows[i].reason);
        tls_peer_destroy(peer);
        deliver_host_destroy(sink);
        SSL_CTX_free(clients.context);
        SSL_CTX_free(stranger.context);
        unlink(stranger.path);
        unlink(clients.path);
        unlink(authority.path);
    }
}

/* Asks for a certificate and says nothing after the handshake: no tickets. */
static void test_a_far_end_that_says_nothing_of_our_certificate_is_believed(void **state)
{
    struct authority authority = usual_authority(), clients = usual_authority();

    (void)state;
    SSL_CTX_set_num_tickets(authority.context, 0);
    struct tls_peer *peer = strict_peer(&authority, &clients, TLS1_3_VERSION, take_two);
    struct deliver_host *sink = sink_create(
        SETTINGS(tls_peer_url(peer, "localhost"), authority.ca, clients.cert, clients.key));
    assert_delivered(sink, "first €");
    assert_delivered(sink, "second");
    deliver_host_destroy(sink);
    tls_peer_destroy(peer);
    SSL_CTX_free(clients.context);
    unlink(clients.path);
    unlink(authority.path);
}

static void test_files_that_vanish_are_named(void **state)
{
    struct authority authority = usual_authority();
    struct tls_peer *peer = tls_peer_create(authority.context, stall);

    (void)state;
    struct deliver_host *sink =
        sink_create(SETTINGS(tls_peer_url(peer, "localhost"), authority.ca));
    unlink(authority.path);
    assert_outcome(sink, TOCSIN_UNUSABLE, false, "TLS: ca: cannot read /tmp/tocsin-tls-");
    tls_peer_destroy(peer);
    deliver_host_destroy(sink);
}

static void test_check_reads_the_files(void **state)
{
    struct authority authority = usual_authority(), other = usual_authority();
    const struct {
        const char *const *settings;
        const char *why;
    } rows[] = {
        {SETTINGS("url=tls://h", "ca=/nonexistent/ca.pem"),
            "ca: cannot read /nonexistent/ca.pem: No such file or directory"},
        {SETTINGS("url=tls://h", "ca=/dev/null"), "ca: /dev/null holds no certificate in PEM"},
        {SETTINGS("url=tls://h", authority.cert), "key: missing, though cert is set"},
        {SETTINGS("url=tls://h", authority.key), "cert: missing, though key is set"},
        {SETTINGS("url=tls://h", "cert=/nonexistent", authority.key), "cert: cannot read"},
        {SETTINGS("url=tls://h", "cert=/dev/null", authority.key), "cert: /dev/null holds no"},
        {SETTINGS("url=tls://h", authority.cert, "key=/nonexistent"), "key: cannot read"},
        {SETTINGS("url=tls://h", authority.cert, "key=/dev/null"), "key: /dev/null holds no"},
        {SETTINGS("url=tls://h", authority.cert, other.key), "is not the key of the certificate"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deliver_host *sink = deliver_host_create("PLUGIN_SYSLOG", rows[i].settings);
        assert_says(deliver_host_check(sink), rows[i].why);
        deliver_host_destroy(sink);
    }
    deliver_host_destroy(
        sink_create(SETTINGS("url=tls://h", authority.ca, authority.cert, authority.key)));
    SSL_CTX_free(authority.context);
    SSL_CTX_free(other.context);
    unlink(authority.path);
    unlink(other.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_that_does_not_hold_gets_nothing),
        cmocka_unit_test(test_ca_replaces_the_system_s_authorities),
        cmocka_unit_test(test_names_are_said_in_the_handshake_and_addresses_not),
        cmocka_unit_test(test_tls_1_1_is_too_old),
        cmocka_unit_test(test_tls_1_2_is_taken),
        cmocka_unit_test(test_a_server_without_tls_is_no_destination),
        cmocka_unit_test(test_a_client_s_certificate_lets_it_in),
        cmocka_unit_test(test_a_client_that_is_not_let_in_has_delivered_nothing),
        cmocka_unit_test(test_a_far_end_that_says_nothing_of_our_certificate_is_believed),
        cmocka_unit_test(test_files_that_vanish_are_named),
        cmocka_unit_test(test_check_reads_the_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
