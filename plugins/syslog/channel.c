#include "channel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"

enum {
    DATAGRAM_AGE_MAX_MS = 300000,
    /* A peer that vanished without a word is noticed after that long. */
    UNACKNOWLEDGED_MAX_MS = 30000,
    READS_MAX = 64, /* of what a far end says before it is let talk on */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void channel_init(
    struct channel *channel, const struct target *target, const struct tls_settings *tls_settings)
{
    *channel = (struct channel){.target = target, .tls_settings = *tls_settings, .fd = -1};
}

void channel_finish(struct channel *channel)
{
    tls_close(channel->tls);
    channel->tls = NULL;
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
}

/* Completes a connect() under way; 0 or errno. */
static int finish_connect(struct tocsin_call *call, int fd, int64_t timeout_ms)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (call->host->wait(call, fd, 2, timeout_ms) <= 0)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return errno;
    return error;
}

/* Takes the connected socket, or closes it and returns errno. */
static int adopt(struct channel *channel, struct tocsin_call *call, int fd,
    const struct sockaddr *address, socklen_t len, int64_t timeout_ms)
{
    int error = connect(fd, address, len) == 0 ? 0 : errno;

    if (error == EINPROGRESS)
        error = finish_connect(call, fd, timeout_ms);
    if (error) {
        close(fd);
        return error;
    }
    channel->fd = fd;
    channel->opened_ms = monotonic_ms();
    return 0;
}

static int open_address(struct channel *channel, struct tocsin_call *call,
    const struct addrinfo *address, int64_t timeout_ms)
{
    const int on = 1, unacknowledged_ms = UNACKNOWLEDGED_MAX_MS;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    if (channel->is_stream) {
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
    }
    return adopt(channel, call, fd, address->ai_addr, address->ai_addrlen, timeout_ms);
}

/* Tries each address of the host; one that swallows everything takes only its share of the time. */
static struct sent connect_host(struct channel *channel, struct tocsin_call *call)
{
    const struct target *target = channel->target;
    struct addrinfo *addresses = NULL;
    int type = channel->is_stream ? SOCK_STREAM : SOCK_DGRAM, error = 0;
    struct sent sent = lookup(call, target->host, target->port, type, &addresses);
    int64_t left = 0;

    for (const struct addrinfo *at = addresses; at; at = at->ai_next)
        left++;
    for (const struct addrinfo *at = addresses; at; at = at->ai_next) {
        error = open_address(channel, call, at, call->host->time_left_ms(call) / left--);
        if (!error)
            break;
    }
    if (addresses)
        freeaddrinfo(addresses);
    if (error && call->host->time_left_ms(call) == 0)
        return sent_late(call, "connect", ETIMEDOUT);
    return error ? sent_failed(call, "connect", error) : sent;
}

static struct sent open_host(struct channel *channel, struct tocsin_call *call)
{
    const struct target *target = channel->target;

    channel->is_stream = target->transport != TRANSPORT_UDP;
    struct sent sent = connect_host(channel, call);
    if (sent.error || target->transport != TRANSPORT_TLS)
        return sent;
    channel->tls = tls_open(call, &channel->tls_settings, target->host, channel->fd, &sent);
    if (sent.error)
        channel_finish(channel);
    return sent;
}

static int open_path_as(struct channel *channel, struct tocsin_call *call, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    memcpy(address.sun_path, channel->target->path, sizeof address.sun_path);
    channel->is_stream = type == SOCK_STREAM;
    return adopt(channel, call, fd, (const struct sockaddr *)&address, sizeof address, -1);
}

/* /dev/log is a datagram socket on most systems and a stream on some. */
static struct sent open_path(struct channel *channel, struct tocsin_call *call)
{
    int error = open_path_as(channel, call, SOCK_DGRAM);

    if (error == EPROTOTYPE)
        error = open_path_as(channel, call, SOCK_STREAM);
    return error ? sent_failed(call, "connect", error) : (struct sent){0};
}

struct sent channel_open(struct channel *channel, struct tocsin_call *call)
{
    if (channel->fd >= 0)
        return (struct sent){0};
    return channel->target->transport == TRANSPORT_UNIX ? open_path(channel, call)
                                                        : open_host(channel, call);
}

static bool is_closed_by_peer(int fd)
{
    char ignored[512];

    for (int reads = 0; reads < READS_MAX; reads++) {
        ssize_t len = recv(fd, ignored, sizeof ignored, MSG_DONTWAIT);
        if (len == 0)
            return true;
        if (len < 0 && errno != EINTR)
            return errno != EAGAIN;
    }
    return false;
}

bool channel_is_stale(struct channel *channel)
{
    if (channel->fd < 0)
        return true;
    if (channel->tls)
        return tls_is_closed(channel->tls);
    if (channel->is_stream)
        return is_closed_by_peer(channel->fd);
    return monotonic_ms() - channel->opened_ms > DATAGRAM_AGE_MAX_MS;
}

static struct sent send_plain(
    const struct channel *channel, struct tocsin_call *call, const char *bytes, size_t len)
{
    size_t at = 0;
    struct sent sent = {0};

    while (at < len && !sent.error) {
        ssize_t step = send(channel->fd, bytes + at, len - at, MSG_NOSIGNAL);
        if (step >= 0)
            at += (size_t)step;
        else if (errno == EAGAIN && call->host->wait(call, channel->fd, 2, -1) <= 0)
            sent = sent_late(call, "write", ETIMEDOUT);
        else if (errno != EAGAIN && errno != EINTR)
            sent = sent_failed(call, "write", errno);
    }
    sent.len = at;
    return sent;
}

struct sent channel_send(
    struct channel *channel, struct tocsin_call *call, const char *bytes, size_t len)
{
    struct sent sent = channel->tls ? tls_send(channel->tls, call, bytes, len)
                                    : send_plain(channel, call, bytes, len);

    if (sent.error)
        channel_finish(channel);
    return sent;
}
