#include "mrkdwn.h"

#include <string.h>

#include "../shared/text.h"

/* The end, moved before an entity or a bracket that it would part. */
static size_t end_before(const char *text, size_t end, char opens, char closes)
{
    const char *open = memrchr(text, opens, end);

    if (!open || memchr(open, closes, end - (size_t)(open - text)))
        return end;
    return (size_t)(open - text);
}

size_t mrkdwn_fit(const char *text, size_t max)
{
    size_t most = text_fit_units(text, max);
    const char *line = memrchr(text, '\n', most);

    if (text[most] == '\0')
        return most;
    if (line && line > text + most / 2)
        return (size_t)(line - text);
    size_t end = end_before(text, end_before(text, most, '<', '>'), '&', ';');
    return end > 0 ? end : most;
}
