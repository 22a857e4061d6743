#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void buf_grow(struct buf *buf, size_t len)
{
    if (len > SIZE_MAX / 2 - buf->len - 1)
        mem_exhausted();
    size_t need = buf->len + len + 1;
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < need)
        cap *= 2;
    buf->data = mem_resize(buf->data, cap);
    buf->data[buf->len] = '\0';
    buf->cap = cap;
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;

    buf_reserve(buf, 0);
    va_copy(again, args);
    int len = vsnprintf(buf->data + buf->len, buf->cap - buf->len, format, args);
    if (len < 0)
        mem_exhausted();
    if ((size_t)len >= buf->cap - buf->len) {
        buf_reserve(buf, (size_t)len);
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    }
    buf->len += (size_t)len;
    va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    buf_reserve(buf, 0);
    char *data = buf->data;
    data[buf->len] = '\0';
    *buf = (struct buf){0};
    return data;
}

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}
