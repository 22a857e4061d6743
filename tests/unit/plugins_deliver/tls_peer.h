/* A server that speaks TLS, or stops speaking it, as a test's script says. The script runs on a
 * thread of its own; every wait ends after 5 s. */
#ifndef TOCSIN_TESTS_TLS_PEER_H
#define TOCSIN_TESTS_TLS_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct tls_peer;

/* What the server does; its first fault ends it. */
typedef void tls_script(struct tls_peer *peer);

/* Listens on 127.0.0.1, with that certificate; takes the context. */
struct tls_peer *tls_peer_create(SSL_CTX *context, tls_script *script);

/* Waits for the script's end and fails the test with its fault, if there was one. */
void tls_peer_destroy(struct tls_peer *peer);

/* "url=tls://HOST:port" */
const char *tls_peer_url(struct tls_peer *peer, const char *host);

/* For the test: waits for the script's next peer_tell(). */
void tls_peer_await(struct tls_peer *peer);

/* For scripts. peer_accept() only takes the connection; peer_shake_hands() returns false if the
 * client broke off. peer_read() is what one record holds, or "" at the end of the session. */
void peer_accept(struct tls_peer *peer);
bool peer_shake_hands(struct tls_peer *peer);
const char *peer_read(struct tls_peer *peer);
void peer_expect(struct tls_peer *peer, const char *ending);
void peer_write(struct tls_peer *peer, const char *text);
void peer_write_plain(struct tls_peer *peer, const char *text);
void peer_say_goodbye(struct tls_peer *peer);
void peer_hang_up(struct tls_peer *peer);
void peer_tell(struct tls_peer *peer);
SSL *peer_session(struct tls_peer *peer);
int peer_socket(struct tls_peer *peer);

/* Ends the script, which has found a fault. */
void peer_give_up(struct tls_peer *peer, const char *fault);

/* Waits until the client has closed the connection. */
void peer_await_end(struct tls_peer *peer);

/* Waits for the test's tls_peer_go(). */
void peer_wait(struct tls_peer *peer);
void tls_peer_go(struct tls_peer *peer);

#endif
