#include "body.h"

#include <string.h>

size_t body_notices(const struct tocsin_message *message, const char *lines[NOTICES_MAX])
{
    static const struct {
        uint32_t mark;
        const char *line;
    } notices[NOTICES_MAX] = {
        {TOCSIN_REPEAT, "Possible repeat: an earlier attempt may have arrived already."},
        {TOCSIN_NOT_ENRICHED, "Not enriched: the look-up failed, so what is missing is unknown."},
        {TOCSIN_FALLBACK, "Fallback: this message was meant for another sink."},
    };
    size_t count = 0;

    for (size_t i = 0; i < NOTICES_MAX; i++)
        if (message->marks & notices[i].mark)
            lines[count++] = notices[i].line;
    return count;
}

const struct tocsin_fact *body_fact(const struct tocsin_message *message, uint32_t index)
{
    return (const void *)((const char *)message->facts + (size_t)index * message->fact_stride);
}

const char *body_link(const struct tocsin_message *message)
{
    const char *link = message->link;

    if (!link || strlen(link) > 2000)
        return NULL;
    if (strncmp(link, "https://", 8) != 0 && strncmp(link, "http://", 7) != 0)
        return NULL;
    return link;
}
