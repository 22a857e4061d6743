#include "receiver.h"

#include "../cmocka_setup.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum {
    WAIT_MAX_MS = 5000,
};

static struct receiver receiver_inet(int type, const char *scheme)
{
    struct receiver receiver = {.fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), .client = -1};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    assert_return_code(bind(receiver.fd, (struct sockaddr *)&address, len), 0);
    assert_return_code(getsockname(receiver.fd, (struct sockaddr *)&address, &len), 0);
    if (type == SOCK_STREAM)
        assert_return_code(listen(receiver.fd, 4), 0);
    (void)snprintf(receiver.url, sizeof receiver.url, "url=%s://127.0.0.1:%d", scheme,
        ntohs(address.sin_port));
    return receiver;
}

struct receiver receiver_udp(void)
{
    return receiver_inet(SOCK_DGRAM, "udp");
}

struct receiver receiver_tcp(void)
{
    return receiver_inet(SOCK_STREAM, "tcp");
}

struct receiver receiver_unix(int type)
{
    struct receiver receiver = {.fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), .client = -1};
    char folder[] = "/tmp/tocsin-log-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    assert_non_null(mkdtemp(folder));
    (void)snprintf(receiver.path, sizeof receiver.path, "%s/log", folder);
    (void)snprintf(receiver.url, sizeof receiver.url, "url=unix://%s", receiver.path);
    memcpy(address.sun_path, receiver.path, sizeof receiver.path);
    assert_return_code(bind(receiver.fd, (struct sockaddr *)&address, sizeof address), 0);
    if (type == SOCK_STREAM)
        assert_return_code(listen(receiver.fd, 4), 0);
    return receiver;
}

void receiver_finish(struct receiver *receiver)
{
    receiver_hang_up(receiver);
    close(receiver->fd);
    if (*receiver->path) {
        unlink(receiver->path);
        *strrchr(receiver->path, '/') = '\0';
        rmdir(receiver->path);
    }
}

static void await(int fd)
{
    assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, WAIT_MAX_MS), 1);
}

char *receiver_datagram(struct receiver *receiver)
{
    char *bytes = mem_alloc(65536);

    await(receiver->fd);
    assert_return_code(recv(receiver->fd, bytes, 65535, 0), 0);
    return bytes;
}

void receiver_accept(struct receiver *receiver)
{
    await(receiver->fd);
    receiver->client = accept(receiver->fd, NULL, NULL);
    assert_return_code(receiver->client, 0);
}

char *receiver_stream(struct receiver *receiver, size_t len)
{
    struct buf bytes = {0};
    char part[4096];

    while (bytes.len < len) {
        await(receiver->client);
        ssize_t step = recv(receiver->client, part, sizeof part, 0);
        assert_true(step > 0);
        buf_append(&bytes, part, (size_t)step);
    }
    return buf_take(&bytes);
}

void receiver_hang_up(struct receiver *receiver)
{
    if (receiver->client >= 0)
        close(receiver->client);
    receiver->client = -1;
}
