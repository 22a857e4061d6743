/* SPDX-License-Identifier: MIT-0 (do with it what you like)
 *
 * A sink for tocsin that makes its own connection: one line of text a message over TCP, and the far
 * end answers "ok", or "no" and why. It runs on a thread of its own and may block, as long as it
 * waits by host->wait, which ends at the deadline. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tocsin/sink.h>

struct config {
    const char *url;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, url, TOCSIN_REQUIRED | TOCSIN_URL, NULL,
        "where to connect to: tcp://ADDRESS:PORT"),
};

enum {
    READABLE = 1, /* for host->wait */
    WRITABLE = 2,
};

/* NULL where it is no tcp://ADDRESS:PORT. Names are not looked up: that keeps no deadline. */
static struct addrinfo *find_address(const char *url)
{
    const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    char host[64], port[6];
    struct addrinfo *found;

    if (sscanf(url, "tcp://[%63[0-9a-fA-F:.]]:%5[0-9]", host, port) != 2 &&
        sscanf(url, "tcp://%63[0-9.]:%5[0-9]", host, port) != 2)
        return NULL;
    return getaddrinfo(host, port, &hints, &found) == 0 ? found : NULL;
}

/* Says what is wrong with the options before anything is sent: `tocsin check` asks it too. */
static bool check(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;
    struct addrinfo *address = find_address(config->url);

    (void)call;
    if (!address) {
        *why = "url: must be like tcp://192.0.2.1:7000";
        return false;
    }
    freeaddrinfo(address);
    return true;
}

static void *open_sink(struct tocsin_call *call, const void *settings, const char **why)
{
    const struct config *config = settings;

    (void)call;
    *why = "out of memory";
    return find_address(config->url);
}

static void close_sink(void *instance)
{
    freeaddrinfo(instance);
}

/* Whether the socket is ready before the deadline; else errno says that it passed. */
static bool is_ready(struct tocsin_call *call, int fd, int event)
{
    if (call->host->wait(call, fd, event, -1) == 1)
        return true;
    errno = ETIMEDOUT;
    return false;
}

static bool connect_to(struct tocsin_call *call, int fd, const struct addrinfo *address)
{
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return true;
    if (errno != EINPROGRESS || !is_ready(call, fd, WRITABLE))
        return false;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &(socklen_t){sizeof errno});
    return errno == 0;
}

static bool send_line(struct tocsin_call *call, int fd, const char *line)
{
    while (*line) {
        ssize_t sent = send(fd, line, strlen(line), MSG_NOSIGNAL);
        if (sent > 0)
            line += sent;
        else if (errno != EAGAIN || !is_ready(call, fd, WRITABLE))
            return false;
    }
    return true;
}

/* What a far end says may be shown to people: no other bytes than letters and signs of ASCII. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* A line, or as much of it as fits; it may come in pieces. */
static bool receive_line(struct tocsin_call *call, int fd, char *line, size_t size)
{
    for (size_t len = 0; len + 1 < size && !memchr(line, '\n', len);) {
        ssize_t got = is_ready(call, fd, READABLE) ? recv(fd, line + len, size - len - 1, 0) : -1;
        if (got == 0)
            errno = ECONNRESET; /* closed in the middle: no answer either */
        if (got <= 0 && errno != EAGAIN)
            return false;
        len += got > 0 ? (size_t)got : 0;
    }
    line[strcspn(line, "\r\n")] = '\0';
    make_printable(line);
    return true;
}

static void fail(struct tocsin_call *call, struct tocsin_outcome *outcome, const char *step)
{
    outcome->result = TOCSIN_RETRY;
    outcome->reason = call->host->format(call, "cannot %s: %s", step, strerror(errno));
}

static void talk(struct tocsin_call *call, int fd, struct tocsin_outcome *outcome)
{
    const struct tocsin_message *message = call->message;
    char answer[256] = "";

    /* A title is one line, whatever stood in the alert. */
    if (!send_line(
            call, fd, call->host->format(call, "%s %s\n", message->delivery, message->title))) {
        fail(call, outcome, "send the message");
    } else if (!receive_line(call, fd, answer, sizeof answer)) {
        fail(call, outcome, "read the answer");
        outcome->maybe_sent = 1; /* who reads of a repeat later knows why */
    } else if (strcmp(answer, "ok") == 0) {
        outcome->result = TOCSIN_DELIVERED;
    } else if (strncmp(answer, "no ", 3) == 0) {
        outcome->result = TOCSIN_REJECTED;
        outcome->reason = call->host->format(call, "refused: %s", answer + 3);
    } else {
        /* The far end is out of order, or is another one: the message is not at fault. */
        outcome->result = TOCSIN_RETRY;
        outcome->maybe_sent = 1;
        outcome->reason = call->host->format(call, "neither ok nor no: %s", answer);
    }
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    const struct addrinfo *address = instance;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fail(call, outcome, "open a socket");
    else if (!connect_to(call, fd, address))
        fail(call, outcome, "connect");
    else
        talk(call, fd, outcome);
    if (fd >= 0)
        close(fd);
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "sink-template",
    .version = "1.0",
    .help = "sends each message as a line over TCP",
    .flavour = TOCSIN_PLAIN,
    TOCSIN_OPTIONS(struct config, options),
    .check = check,
    .open = open_sink,
    .deliver = deliver,
    .close = close_sink,
};
