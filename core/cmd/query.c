#include "cmd/query.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

void query_segment(struct buf *uri, const char *segment)
{
    for (const char *byte = segment; *byte; byte++) {
        if (isalnum((unsigned char)*byte) || strchr("-._~", *byte))
            buf_putc(uri, *byte);
        else
            buf_printf(uri, "%%%02X", (unsigned)(unsigned char)*byte);
    }
}

void query_add(struct buf *uri, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(uri, "%c%s=", strchr(buf_text(uri), '?') ? '&' : '?', name);
    query_segment(uri, value);
}
