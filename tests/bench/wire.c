#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    least_room = 4096,
    backlog = 1024,
    most_message = 16 << 20,
};

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void *must(void *allocated)
{
    if (!allocated)
        die("out of memory");
    return allocated;
}

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct url url_read(const char *text)
{
    static const char scheme[] = "http://";
    struct url url = {.path = "/"};
    const char *host = text + strlen(scheme);

    if (strncmp(text, scheme, strlen(scheme)) != 0)
        die("%s: not http://ADDRESS:PORT/PATH", text);
    size_t len = strcspn(host, ":/");
    char *end = NULL;
    unsigned long port = host[len] == ':' ? strtoul(host + len + 1, &end, 10) : 0;
    if (len >= sizeof url.host || port == 0 || port > UINT16_MAX || (*end != '/' && *end != '\0'))
        die("%s: not http://ADDRESS:PORT/PATH", text);
    memcpy(url.host, host, len);
    if (strcmp(url.host, "localhost") == 0)
        strcpy(url.host, "127.0.0.1");
    if (inet_addr(url.host) == INADDR_NONE)
        die("%s: the address must be in digits", text);
    url.port = (uint16_t)port;
    url.path = *end ? end : "/";
    return url;
}

void wire_hurry(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static int wire_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        die("socket: %s", strerror(errno));
    wire_hurry(fd);
    return fd;
}

int wire_connect(const struct url *url)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons(url->port),
        .sin_addr.s_addr = inet_addr(url->host)};
    int fd = wire_socket();

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        die("connect to %s:%u: %s", url->host, url->port, strerror(errno));
    return fd;
}

int wire_listen(uint16_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = wire_socket();

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, backlog) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        die("listen on port %u: %s", *port, strerror(errno));
    *port = ntohs(address.sin_port);
    return fd;
}

enum came inbox_fill(struct inbox *inbox, int fd)
{
    if (inbox->room - inbox->len < least_room) {
        inbox->room = inbox->room ? inbox->room * 2 : (size_t)4 * least_room;
        inbox->bytes = must(realloc(inbox->bytes, inbox->room));
    }
    ssize_t got = recv(fd, inbox->bytes + inbox->len, inbox->room - inbox->len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return CAME_NOTHING;
    if (got <= 0)
        return CAME_END;
    inbox->len += (size_t)got;
    return CAME_BYTES;
}

const char *head_find(const char *head, size_t head_len, const char *name)
{
    size_t name_len = strlen(name);

    for (const char *line = head, *end = head + head_len; line;
         line = memmem(line, (size_t)(end - line), "\r\n", 2)) {
        line += line == head ? 0 : 2;
        if ((size_t)(end - line) <= name_len)
            return NULL;
        if (strncasecmp(line, name, name_len) == 0)
            return line + name_len + strspn(line + name_len, " ");
    }
    return NULL;
}

/* Of chunks only the end is looked for: nobody here puts an empty line and a zero into a body. */
static size_t chunks_len(const char *body, size_t len)
{
    static const char end[] = "0\r\n\r\n", after[] = "\r\n0\r\n\r\n";

    if (len >= strlen(end) && memcmp(body, end, strlen(end)) == 0)
        return strlen(end);
    const char *found = memmem(body, len, after, strlen(after));
    return found ? (size_t)(found - body) + strlen(after) : 0;
}

size_t inbox_message(const struct inbox *inbox, size_t *head_len)
{
    const char *blank = inbox->len > 0 ? memmem(inbox->bytes, inbox->len, "\r\n\r\n", 4) : NULL;

    if (!blank) {
        if (inbox->len > most_message)
            die("a message without an end came");
        return 0;
    }
    *head_len = (size_t)(blank - inbox->bytes) + 4;
    const char *length = head_find(inbox->bytes, *head_len, "Content-Length:");
    if (!length && head_find(inbox->bytes, *head_len, "Transfer-Encoding:")) {
        size_t chunks = chunks_len(inbox->bytes + *head_len, inbox->len - *head_len);
        return chunks > 0 ? *head_len + chunks : 0;
    }
    size_t body = length ? strtoul(length, NULL, 10) : 0;
    if (body > most_message)
        die("a message of %zu bytes came", body);
    return inbox->len - *head_len >= body ? *head_len + body : 0;
}

void inbox_take(struct inbox *inbox, size_t len)
{
    inbox->len -= len;
    if (inbox->len > 0)
        memmove(inbox->bytes, inbox->bytes + len, inbox->len);
}

void outbox_add(struct outbox *outbox, const char *bytes, size_t len)
{
    if (outbox->at == outbox->len)
        outbox->at = outbox->len = 0;
    if (outbox->room - outbox->len < len) {
        outbox->room = outbox->room * 2 + len;
        outbox->bytes = must(realloc(outbox->bytes, outbox->room));
    }
    memcpy(outbox->bytes + outbox->len, bytes, len);
    outbox->len += len;
}

bool outbox_flush(struct outbox *outbox, int fd)
{
    while (outbox->at < outbox->len) {
        ssize_t sent = send(fd, outbox->bytes + outbox->at, outbox->len - outbox->at, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR || errno == EINPROGRESS || errno == ENOTCONN;
        outbox->at += (size_t)sent;
    }
    return true;
}
