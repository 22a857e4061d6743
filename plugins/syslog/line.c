#include "line.h"

#include "body.h"
#include "draft.h"
#include "header.h"

typedef void body_writer(
    struct draft *draft, struct tocsin_call *call, const struct line_style *style);

struct line line_write(struct tocsin_call *call, const struct line_style *style, size_t max)
{
    static body_writer *const writers[] = {[FORMAT_RFC5424] = rfc5424_write,
        [FORMAT_RFC3164] = rfc3164_write,
        [FORMAT_CEF] = cef_write,
        [FORMAT_LEEF] = leef_write,
        [FORMAT_ECS] = ecs_write};
    struct draft draft = {.bytes = call->host->alloc(call, max), .max = max};

    header_write(&draft, call, style);
    writers[style->format](&draft, call, style);
    return (struct line){draft.bytes, draft.len};
}
