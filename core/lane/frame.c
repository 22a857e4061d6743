#include "lane/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

enum {
    head_size = sizeof(uint32_t) + 1,
    read_size = 65536,
    longest_wait_ms = 600000,
};

void frame_begin(struct buf *buf, uint8_t kind)
{
    static const char no_length[sizeof(uint32_t)];

    buf_clear(buf);
    buf_append(buf, no_length, sizeof no_length);
    buf_append(buf, &kind, 1);
}

static bool wait_until_writable(int fd, int64_t until_ms)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    int64_t left_ms = until_ms < 0 ? longest_wait_ms : until_ms - clock_mono_ms();

    if (left_ms <= 0)
        return false;
    poll(&writable, 1, (int)(left_ms < longest_wait_ms ? left_ms : longest_wait_ms));
    return true;
}

enum frame_fate frame_send(int fd, struct buf *buf, int64_t until_ms)
{
    uint32_t len = (uint32_t)(buf->len - head_size);
    size_t sent = 0;

    if (buf->len - head_size > FRAME_MOST)
        return FRAME_BROKEN;
    memcpy(buf->data, &len, sizeof len);
    while (sent < buf->len) {
        ssize_t n = send(fd, buf->data + sent, buf->len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            sent += (size_t)n;
        else if (errno == EAGAIN && !wait_until_writable(fd, until_ms))
            return FRAME_NOT_YET;
        else if (errno != EAGAIN && errno != EINTR)
            return FRAME_CLOSED;
    }
    return FRAME_HERE;
}

static void forget_taken(struct frame_inbox *inbox)
{
    struct buf *bytes = &inbox->bytes;

    if (!inbox->taken)
        return;
    memmove(bytes->data, bytes->data + inbox->taken, bytes->len - inbox->taken);
    bytes->len -= inbox->taken;
    inbox->taken = 0;
}

enum frame_fate frame_next(struct frame_inbox *inbox, uint8_t *kind, const char **data, size_t *len)
{
    struct buf *bytes = &inbox->bytes;
    uint32_t length;

    forget_taken(inbox);
    if (bytes->len < head_size)
        return FRAME_NOT_YET;
    memcpy(&length, bytes->data, sizeof length);
    if (length > FRAME_MOST)
        return FRAME_BROKEN;
    if (bytes->len - head_size < length)
        return FRAME_NOT_YET;
    *kind = (uint8_t)bytes->data[sizeof length];
    *data = bytes->data + head_size;
    *len = length;
    inbox->taken = head_size + length;
    return FRAME_HERE;
}

enum frame_fate frame_read(struct frame_inbox *inbox, int fd)
{
    struct buf *bytes = &inbox->bytes;

    forget_taken(inbox);
    buf_reserve(bytes, read_size);
    ssize_t n = recv(fd, bytes->data + bytes->len, read_size, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? FRAME_NOT_YET : FRAME_CLOSED;
    if (n == 0)
        return FRAME_CLOSED;
    bytes->len += (size_t)n;
    return FRAME_HERE;
}

void frame_inbox_finish(struct frame_inbox *inbox)
{
    buf_finish(&inbox->bytes);
    *inbox = (struct frame_inbox){0};
}
