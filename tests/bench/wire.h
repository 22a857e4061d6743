/* HTTP/1.1 as the bench's own programs speak it: over IPv4, with whole messages in one buffer. */
#ifndef TOCSIN_BENCH_WIRE_H
#define TOCSIN_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has come on a connection and was not taken yet. */
struct inbox {
    char *bytes;
    size_t len, room;
};

/* What has to go out; a socket that takes less than all of it is gone on with later. */
struct outbox {
    char *bytes;
    size_t len, at, room;
};

struct url {
    char host[64];
    uint16_t port;
    const char *path; /* within the text that was read */
};

enum came {
    CAME_NOTHING,
    CAME_BYTES,
    CAME_END, /* closed or reset */
};

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *must(void *allocated);
int64_t now_ns(void);

/* http://ADDRESS:PORT/PATH, the address in digits or "localhost". Ends the program at a fault. */
struct url url_read(const char *text);

/* Both do not block. A connection that is under way shows its end by being writable. */
int wire_connect(const struct url *url);
void wire_hurry(int fd); /* what is written goes out at once: for those that accept() gave */
int wire_listen(uint16_t *port); /* on loopback; port 0 becomes the one that the system chose */

/* Bytes that one call brings stay few, so that no connection starves the others. */
enum came inbox_fill(struct inbox *inbox, int fd);
/* The length of the first message once it is whole, headers and body; 0 before. Ends the program at
 * what is no message. */
size_t inbox_message(const struct inbox *inbox, size_t *head_len);
void inbox_take(struct inbox *inbox, size_t len);

void outbox_add(struct outbox *outbox, const char *bytes, size_t len);
/* False when the connection is gone; what is left has len > at. */
bool outbox_flush(struct outbox *outbox, int fd);

/* Of a header, "Name:" in any case; NULL if the head has none. */
const char *head_find(const char *head, size_t head_len, const char *name);

#endif
