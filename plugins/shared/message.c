#include "message.h"

#include <assert.h>
#include <stddef.h>
#include <strings.h>

#include <tocsin/sink.h>

#include "text.h"

enum {
    MAX_LINK = 2000
};

bool is_http_url(const char *text)
{
    return strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0;
}

uint32_t message_level(const struct tocsin_message *message)
{
    return message->level < TOCSIN_URGENT ? message->level : TOCSIN_URGENT;
}

const char *message_level_name(const struct tocsin_message *message)
{
    static const char *const names[] = {"info", "low", "medium", "high", "urgent"};

    return names[message_level(message)];
}

const char *message_color(const struct tocsin_message *message)
{
    static const char *const colors[] = {"#607D8B", "#1976D2", "#FBC02D", "#F57C00", "#D32F2F"};

    return colors[message_level(message)];
}

const char *message_link(const struct tocsin_message *message)
{
    const char *link = message->link;

    return link && is_http_url(link) && text_cost(link) <= MAX_LINK ? link : NULL;
}

const struct tocsin_fact *message_fact(const struct tocsin_message *message, uint32_t index)
{
    assert(index < message->fact_count);
    return (const struct tocsin_fact *)((const char *)message->facts +
                                        (size_t)index * message->fact_stride);
}
