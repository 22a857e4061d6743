#include "base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character; -1 for one that has none. */
static int digit_of(char character)
{
    const char *at = character ? strchr(alphabet, character) : NULL;

    return at ? (int)(at - alphabet) : -1;
}

bool base64_decode(const char *text, uint8_t *out, size_t room, size_t *len)
{
    size_t text_len = strlen(text), digits = text_len;
    uint32_t bits = 0;
    unsigned count = 0; /* of bits that are not written yet */

    while (digits > 0 && text_len - digits < 2 && text[digits - 1] == '=')
        digits--;
    if (text_len % 4 != 0)
        return false;
    *len = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count < 8)
            continue;
        if (*len == room)
            return false;
        count -= 8;
        out[(*len)++] = (uint8_t)(bits >> count);
        bits &= (1U << count) - 1;
    }
    return bits == 0;
}

void base64_encode(const uint8_t *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= i + 2 < len ? bytes[i + 2] : 0;
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
        *out++ = i + 2 < len ? alphabet[bits & 63] : '=';
    }
    *out = '\0';
}
