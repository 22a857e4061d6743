#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void reserve(struct text *text, size_t len)
{
    if (text->cap - text->len > len)
        return;
    size_t cap = text->cap ? text->cap : 256;
    while (cap - text->len <= len)
        cap *= 2;
    char *data = text->call->host->alloc(text->call, cap);
    if (text->len > 0)
        memcpy(data, text->data, text->len);
    text->data = data;
    text->cap = cap;
}

void text_append(struct text *text, const void *bytes, size_t len)
{
    reserve(text, len);
    if (len > 0)
        memcpy(text->data + text->len, bytes, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_putc(struct text *text, char byte)
{
    text_append(text, &byte, 1);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len <= 0)
        return;
    reserve(text, (size_t)len);
    va_start(args, format);
    vsnprintf(text->data + text->len, (size_t)len + 1, format, args);
    va_end(args);
    text->len += (size_t)len;
}

static void base64_group(struct text *text, const unsigned char *bytes, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = (uint32_t)bytes[0] << 16;

    if (len > 1)
        bits |= (uint32_t)bytes[1] << 8;
    if (len > 2)
        bits |= bytes[2];
    char group[] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
        len > 1 ? alphabet[bits >> 6 & 63] : '=', len > 2 ? alphabet[bits & 63] : '='};
    text_append(text, group, sizeof group);
}

void text_base64(struct text *text, const void *bytes, size_t len, size_t line_len)
{
    const unsigned char *from = bytes;
    size_t column = 0;

    for (size_t at = 0; at < len; at += 3) {
        base64_group(text, from + at, len - at < 3 ? len - at : 3);
        column += 4;
        if (column == line_len) {
            text_puts(text, "\r\n");
            column = 0;
        }
    }
    if (line_len && column > 0)
        text_puts(text, "\r\n");
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

size_t text_cut(const char *string, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)string[max] & 0xc0) == 0x80)
        max--;
    return max;
}
