#include "cmd/query.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "message/escape.h"

void query_segment(struct buf *uri, const char *segment)
{
    escape_append(uri, FLAVOUR_URL, segment, strlen(segment));
}

void query_add(struct buf *uri, const char *name, const char *value)
{
    if (!value)
        return;
    buf_printf(uri, "%c%s=", strchr(buf_text(uri), '?') ? '&' : '?', name);
    query_segment(uri, value);
}
