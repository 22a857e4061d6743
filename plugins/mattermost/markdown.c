#include "markdown.h"

#include <ctype.h>
#include <string.h>

#include <tocsin/sink.h>

#include "../shared/text.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* Where an entity begins that has no end, or len. */
static size_t before_entity(const char *text, size_t len)
{
    size_t at = len;

    while (at > 0 && (isalnum((unsigned char)text[at - 1]) || text[at - 1] == '#'))
        at--;
    return at > 0 && text[at - 1] == '&' ? at - 1 : len;
}

/* Where a back-slash stands that has lost what it escapes, or len. */
static size_t before_backslash(const char *text, size_t len)
{
    size_t at = len;

    while (at > 0 && text[at - 1] == '\\')
        at--;
    return len - (len - at) % 2;
}

const char *markdown_cut(
    struct tocsin_call *call, const char *text, size_t max_runes, size_t max_cost)
{
    const char *cut = text_cut(call, text, max_runes, max_cost);
    size_t len = strlen(cut);

    if (cut == text || len < strlen(ELLIPSIS))
        return cut;
    len -= strlen(ELLIPSIS);
    size_t end = before_backslash(cut, before_entity(cut, len));
    return end == len ? cut : call->host->format(call, "%.*s" ELLIPSIS, (int)end, cut);
}
