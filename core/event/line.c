#include "event/line.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static uint32_t decode(const unsigned char *bytes, size_t len)
{
    switch (len) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    case 3:
        return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    default:
        return (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3fu) << 12 | (bytes[2] & 0x3fu) << 6 |
               (bytes[3] & 0x3fu);
    }
}

/* Unicode's bidirectional formatting characters (UAX #9, section 2). */
static bool is_bidi(uint32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029;
}

size_t character_next(const char *text, size_t len, enum character *kind)
{
    size_t step = utf8_sequence(text, len);

    if (step == 0) {
        *kind = CHARACTER_CONTROL;
        return 1;
    }
    uint32_t code = decode((const unsigned char *)text, step);
    if (code == '\n')
        *kind = CHARACTER_NEWLINE;
    else if (is_control(code))
        *kind = CHARACTER_CONTROL;
    else
        *kind = is_bidi(code) ? CHARACTER_BIDI : CHARACTER_VISIBLE;
    return step;
}

size_t printable_run(const char *text, size_t len)
{
    size_t run = 0;

    while (run < len && text[run] >= 0x20 && text[run] <= 0x7e)
        run++;
    return run;
}

void one_line_append(struct buf *out, const char *text, size_t len)
{
    bool in_run = false;
    enum character kind;

    for (size_t at = 0, step; at < len; at += step) {
        step = printable_run(text + at, len - at);
        kind = CHARACTER_VISIBLE;
        if (step == 0)
            step = character_next(text + at, len - at, &kind);
        if (kind == CHARACTER_VISIBLE)
            buf_append(out, text + at, step);
        else if (kind != CHARACTER_BIDI && !in_run)
            buf_putc(out, ' ');
        in_run = kind != CHARACTER_VISIBLE && (in_run || kind != CHARACTER_BIDI);
    }
}

static void trim(struct buf *line)
{
    size_t start = strspn(line->data, " ");

    while (line->len > start && line->data[line->len - 1] == ' ')
        line->len--;
    line->len -= start;
    memmove(line->data, line->data + start, line->len);
    line->data[line->len] = '\0';
}

char *one_line_copy(const char *text, size_t max)
{
    struct buf line = {0};
    size_t len = strlen(text);

    buf_reserve(&line, len);
    one_line_append(&line, text, len);
    trim(&line);
    if (line.len > max && utf8_count(line.data) > max) {
        line.len = utf8_offset(line.data, max - 1);
        buf_puts(&line, "\u2026");
    }
    return buf_take(&line);
}
