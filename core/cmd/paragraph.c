#include "cmd/paragraph.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

/* How many bytes of the text go into room code points, whole words if there is a blank to break at.
 */
static size_t fitting(const char *text, size_t room)
{
    size_t end = 0, blank = 0;

    if (utf8_count(text) <= room)
        return strlen(text);
    end = utf8_offset(text, room);
    for (size_t at = 0; at <= end; at++)
        if (text[at] == ' ')
            blank = at;
    return blank > 0 ? blank : end;
}

static void append_cut(struct buf *out, const char *text, size_t room)
{
    if (utf8_count(text) <= room) {
        buf_puts(out, text);
        return;
    }
    buf_append(out, text, utf8_offset(text, room - 1));
    buf_puts(out, "\u2026");
}

size_t paragraph_append(
    struct buf *out, const char *text, size_t width, size_t indent, size_t most_lines)
{
    size_t room = width > indent + 1 ? width - indent : 1, lines = 1;

    for (; lines < most_lines; lines++) {
        size_t len = fitting(text, room);
        if (!text[len])
            break;
        buf_append(out, text, len);
        buf_printf(out, "\n%*s", (int)indent, "");
        text += len + strspn(text + len, " ");
    }
    append_cut(out, text, room);
    buf_putc(out, '\n');
    return lines;
}
