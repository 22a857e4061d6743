/* Handshakes of TLS that failed: all are counted, and told once in a while, since whoever can reach
 * the listener can make as many as he likes. */
#ifndef TOCSIN_HOOK_HANDSHAKES_H
#define TOCSIN_HOOK_HANDSHAKES_H

struct handshakes;
struct logger;
struct metrics;

/* All borrowed. */
struct handshakes *handshakes_create(struct metrics *metrics, const struct logger *logger);
void handshakes_destroy(struct handshakes *handshakes);

/* Makes the counters be there. */
void handshakes_prepare(struct handshakes *handshakes);

/* A struct tls_ear's (tls.h); arg is the struct handshakes. */
void handshakes_note(const char *why, const char *detail, const char *from, void *arg);

#endif
