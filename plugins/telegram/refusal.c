#include "refusal.h"

#include <stddef.h>
#include <string.h>

#include <tocsin/sink.h>

const struct refusal *refusal_find(const char *description)
{
    static const struct refusal refusals[] = {
        {"can't parse entities", TOCSIN_AGAIN, ""},
        {"ENTITIES_TOO_LONG", TOCSIN_AGAIN, ""},
        {"ENTITY_BOUNDS_INVALID", TOCSIN_AGAIN, ""},
        {"BUTTON_URL_INVALID", TOCSIN_AGAIN, ""},
        {"Wrong HTTP URL", TOCSIN_AGAIN, ""},
        {"inline keyboard button URL", TOCSIN_AGAIN, ""},
        {"message is too long", TOCSIN_AGAIN, ""},
        {"message text is empty", TOCSIN_REJECTED, ""},
        {"chat not found", TOCSIN_UNUSABLE,
            "`chat` names none that the bot is in: add the bot to it, or write to the bot first"},
        {"chat_id is empty", TOCSIN_UNUSABLE, ""},
        {"message thread not found", TOCSIN_UNUSABLE, "the group has no such `topic`"},
        {"TOPIC_CLOSED", TOCSIN_UNUSABLE, "the topic is closed"},
        {"not enough rights", TOCSIN_UNUSABLE,
            "an administrator of the chat must let the bot post"},
        {"need administrator rights", TOCSIN_UNUSABLE,
            "make the bot an administrator of the channel"},
        {"have no rights to send", TOCSIN_UNUSABLE,
            "an administrator of the chat must let the bot post"},
        {"CHAT_WRITE_FORBIDDEN", TOCSIN_UNUSABLE,
            "an administrator of the chat must let the bot post"},
        {"PEER_ID_INVALID", TOCSIN_UNUSABLE, "`chat` is no chat of the bot"},
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcasestr(description, refusals[i].words))
            return &refusals[i];
    return NULL;
}
