#include "base/utf8.h"

#include <string.h>

#include "base/buf.h"

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The second byte's range closes the holes: over-long forms, surrogates, past U+10FFFF. */
static bool is_second_byte(unsigned char lead, unsigned char byte)
{
    switch (lead) {
    case 0xe0:
        return byte >= 0xa0 && byte <= 0xbf;
    case 0xed:
        return byte >= 0x80 && byte <= 0x9f;
    case 0xf0:
        return byte >= 0x90 && byte <= 0xbf;
    case 0xf4:
        return byte >= 0x80 && byte <= 0x8f;
    default:
        return is_continuation(byte);
    }
}

static size_t announced_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    if (lead >= 0xf0 && lead <= 0xf4)
        return 4;
    return 0;
}

size_t utf8_sequence(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;

    if (len == 0)
        return 0;
    size_t need = announced_length(bytes[0]);
    if (need == 0 || need > len)
        return 0;
    if (need > 1 && !is_second_byte(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < need; i++)
        if (!is_continuation(bytes[i]))
            return 0;
    return need;
}

bool utf8_is_valid(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t step = utf8_sequence(text + at, len - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

size_t utf8_mark(const char *text, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";

    return len >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0;
}

char *utf8_repair(const char *text, size_t len, size_t *out_len)
{
    struct buf repaired = {0};

    for (size_t at = 0; at < len;) {
        size_t step = utf8_sequence(text + at, len - at);
        if (step == 0)
            buf_puts(&repaired, "\xef\xbf\xbd");
        else if (text[at] != '\0')
            buf_append(&repaired, text + at, step);
        at += step ? step : 1;
    }
    if (out_len)
        *out_len = repaired.len;
    return buf_take(&repaired);
}

size_t utf8_count(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += !is_continuation((unsigned char)*text);
    return count;
}

size_t utf8_offset(const char *text, size_t count)
{
    size_t at = 0;

    for (; text[at]; at++)
        if (!is_continuation((unsigned char)text[at]) && count-- == 0)
            break;
    return at;
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && is_continuation((unsigned char)text[max]))
        max--;
    return max;
}

/* The length of the control character that the text begins with; 0 where it is none. */
static size_t control_length(const char *text)
{
    unsigned char lead = (unsigned char)text[0], second;

    if (lead < ' ' || lead == 0x7f)
        return 1;
    second = (unsigned char)text[1];
    if (lead == 0xc2 && second >= 0x80 && second <= 0x9f)
        return 2;
    return strncmp(text, "\u2028", 3) == 0 || strncmp(text, "\u2029", 3) == 0 ? 3 : 0;
}

void utf8_blank_controls(char *text)
{
    while (*text) {
        size_t len = control_length(text);
        memset(text, ' ', len);
        text += len ? len : 1;
    }
}

size_t utf8_encode(uint32_t code_point, char *out)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}
