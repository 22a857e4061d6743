/* The socket of one worker, kept between messages and opened again when the far end closed it. */
#ifndef SYSLOG_CHANNEL_H
#define SYSLOG_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tocsin/sink.h>

#include "target.h"

struct channel {
    const struct target *target;
    int fd;            /* -1 while closed */
    bool is_stream;    /* TCP, or a unix socket of that kind */
    int64_t opened_ms; /* on the monotonic clock */
};

/* What became of one send. */
struct sent {
    int error;           /* errno, 0 if all bytes were handed to the system */
    const char *failure; /* what was attempted, in words; the call's */
    bool is_late;        /* the deadline has passed, or the daemon stops */
    size_t len;          /* how much went out */
};

void channel_init(struct channel *channel, const struct target *target);
void channel_finish(struct channel *channel);

/* Opens the channel unless it stands. Says nothing of what the far end does with it. */
struct sent channel_open(struct channel *channel, struct tocsin_call *call);

/* Sends one datagram, or the bytes of one frame, on an open channel, which stays open only if that
 * went well. */
struct sent channel_send(
    struct channel *channel, struct tocsin_call *call, const char *bytes, size_t len);

/* Whether the far end has closed a stream, or the channel is not open, or too old: a name may mean
 * another address by now. Anything that the far end said is read and dropped; syslog has no
 * answers. */
bool channel_is_stale(struct channel *channel);

#endif
