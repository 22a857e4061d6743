/* The far end of a syslog sink: a bound socket that a test reads from by itself. Every wait ends
 * after 5 s and fails the test. */
#ifndef TOCSIN_TESTS_RECEIVER_H
#define TOCSIN_TESTS_RECEIVER_H

#include <stddef.h>

struct receiver {
    int fd;     /* datagrams, or a listening stream */
    int client; /* the accepted stream, -1 before */
    char url[160], path[100];
};

struct receiver receiver_udp(void);
struct receiver receiver_tcp(void);
struct receiver receiver_unix(int type); /* SOCK_DGRAM or SOCK_STREAM, in a folder of its own */
void receiver_finish(struct receiver *receiver);

/* The next datagram; the caller's. */
char *receiver_datagram(struct receiver *receiver);

/* Takes the next client. */
void receiver_accept(struct receiver *receiver);

/* What has arrived on the stream once at least len bytes have; the caller's. */
char *receiver_stream(struct receiver *receiver, size_t len);

/* Closes the accepted stream. */
void receiver_hang_up(struct receiver *receiver);

#endif
