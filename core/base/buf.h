/* A growing run of bytes. A zeroed struct is an empty buffer; data, once there, ends with a NUL
 * that len does not count. */
#ifndef TOCSIN_BASE_BUF_H
#define TOCSIN_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
};

/* In buf.c: the rare case of buf_reserve(). */
void buf_grow(struct buf *buf, size_t len);

/* Makes room for len more bytes without another allocation. */
static inline void buf_reserve(struct buf *buf, size_t len)
{
    if (len >= buf->cap - buf->len)
        buf_grow(buf, len);
}

static inline void buf_append(struct buf *buf, const void *bytes, size_t len)
{
    buf_reserve(buf, len);
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

static inline void buf_puts(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

static inline void buf_putc(struct buf *buf, char byte)
{
    buf_reserve(buf, 1);
    buf->data[buf->len++] = byte;
    buf->data[buf->len] = '\0';
}

void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *buf);

/* The text, never NULL; lives until the buffer changes. */
const char *buf_text(const struct buf *buf);

/* Hands the bytes to the caller, who frees them, and leaves the buffer empty. Never NULL. */
char *buf_take(struct buf *buf);

void buf_finish(struct buf *buf);

#define auto_buf __attribute__((cleanup(buf_finish)))

#endif
