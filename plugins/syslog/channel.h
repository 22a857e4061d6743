/* The socket of one worker, kept between messages and opened again when the far end closed it. */
#ifndef SYSLOG_CHANNEL_H
#define SYSLOG_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tocsin/sink.h>

#include "sent.h"
#include "target.h"
#include "tls.h"

struct channel {
    const struct target *target;
    struct tls_settings tls_settings;
    int fd;            /* -1 while closed */
    struct tls *tls;   /* NULL unless the target is a TLS one */
    bool is_stream;    /* TCP, TLS, or a unix socket of that kind */
    int64_t opened_ms; /* on the monotonic clock */
};

void channel_init(
    struct channel *channel, const struct target *target, const struct tls_settings *tls_settings);
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
