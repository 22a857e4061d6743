#include "body.h"

#include <string.h>
#include <time.h>

#include "text.h"

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

/* Type and action come from whoever posted, and nobody bounds them. */
static const char *short_word(struct tocsin_call *call, const char *word)
{
    return call->host->format(call, "%.*s", (int)text_cut(word, strlen(word), 60), word);
}

const char *body_origin(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    time_t seconds = (time_t)(message->time_ms / 1000);
    struct tm at = {.tm_mday = 1, .tm_year = 70};

    gmtime_r(&seconds, &at);
    return call->host->format(call, "%s%s%s, %04d-%02d-%02d %02d:%02d UTC",
        short_word(call, message->type), *message->action ? " " : "",
        short_word(call, message->action), at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour,
        at.tm_min);
}
