/* TLS for a server (OpenSSL): a certificate and its key, at work. TLS 1.2 and 1.3 with forward
 * secrecy (RFC 9325), HTTP/1.1 by ALPN (RFC 7301), no renegotiation, no early data, resumption by
 * tickets. Connections go on with what they began with; another certificate is another struct tls.
 */
#ifndef TOCSIN_HOOK_TLS_H
#define TOCSIN_HOOK_TLS_H

#include <stdbool.h>

struct bufferevent;
struct config_tls;
struct event_base;
struct problems;
struct tls;

/* A handshake that failed: why is a word of the code ("plain-http", "client-certificate",
 * "not-trusted", "versions", "other"), detail is OpenSSL's, from is an address. */
struct tls_ear {
    void (*on_failure)(const char *why, const char *detail, const char *from, void *arg);
    void *arg;
};

/* Loads the files that the block names. Faults, and warnings of a certificate that has ended or
 * will soon, are added at their places; NULL where there are faults. */
struct tls *tls_load(const struct config_tls *config, struct problems *problems);
void tls_destroy(struct tls *tls);

/* The ear must live as long as the connections. */
void tls_listen_to(struct tls *tls, const struct tls_ear *ear);

/* Of whom and until when it is valid: "CN=localhost, until 2027-02-01"; and the name that senders
 * call, NULL where it has none. As long as the struct. */
const char *tls_describe(const struct tls *tls);
const char *tls_name(const struct tls *tls);

/* Whether both have the same certificate; NULL has none. */
bool tls_is_same(const struct tls *one, const struct tls *other);

/* The stream of a connection that will be accepted; its descriptor is set by who accepts it. */
struct bufferevent *tls_stream_new(const struct tls *tls, struct event_base *base);

/* Whether its handshake is not over; false for a plain one. */
bool tls_is_shaking_hands(struct bufferevent *stream);

#endif
