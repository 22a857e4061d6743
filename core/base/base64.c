#include "base/base64.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum {
    group = 3,        /* bytes */
    group_digits = 4, /* that they are written with */
    digit_bits = 6,
};

char *base64_encode(const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    char *text = mem_alloc((len + group - 1) / group * group_digits + 1), *out = text;

    for (size_t at = 0; at < len; at += group) {
        size_t left = len - at;
        uint32_t bits = (uint32_t)from[at] << 16 | (left > 1 ? (uint32_t)from[at + 1] << 8 : 0) |
                        (left > 2 ? from[at + 2] : 0);
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[bits & 63] : '=';
    }
    return text;
}

static uint32_t digit_value(char digit)
{
    const char *at = digit ? strchr(digits, digit) : NULL;

    return at ? (uint32_t)(at - digits) : 0;
}

/* What is no digit counts as the first one; writing all of it anew shows whether that was right. */
bool base64_decode(const char *text, uint8_t *bytes, size_t room, size_t *len)
{
    size_t text_len = strlen(text), padding = strspn(text + strcspn(text, "="), "=");

    if (text_len % group_digits != 0 || padding >= group)
        return false;
    *len = text_len / group_digits * group - padding;
    if (*len > room)
        return false;
    for (size_t at = 0; at < *len; at++) {
        const char *pair = text + at / group * group_digits + at % group; /* of its bits' digits */
        uint32_t bits = digit_value(pair[0]) << digit_bits | digit_value(pair[1]);
        bytes[at] = (uint8_t)(bits >> (group - 1 - at % group) * 2);
    }
    auto_free char *again = base64_encode(bytes, *len);
    bool is_same = strcmp(text, again) == 0;
    explicit_bzero(again, strlen(again));
    return is_same;
}
