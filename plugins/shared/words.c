#include "words.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include <tocsin/sink.h>

#include "message.h"
#include "text.h"

/* Type and action come from whoever posted, and nobody bounds them. */
enum {
    MAX_WORD = 60
};

static const char *level_name(const struct tocsin_message *message)
{
    static const char *const names[] = {"Info", "Low", "Medium", "High", "Urgent"};

    return names[message_level(message)];
}

const char *words_headline(struct tocsin_call *call)
{
    static const char *const names[] = {"INFO", "LOW", "MEDIUM", "HIGH", "URGENT"};
    const struct tocsin_message *message = call->message;
    const char *name = names[message_level(message)];

    if (message->level == TOCSIN_INFO)
        return message->title;
    if (message->urgency < 0)
        return call->host->format(call, "[%s] %s", name, message->title);
    return call->host->format(call, "[%s %d] %s", name, (int)message->urgency, message->title);
}

const char *words_level(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;

    if (message->urgency < 0)
        return level_name(message);
    return call->host->format(call, "%s %d / 100", level_name(message), (int)message->urgency);
}

const char *words_event(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    const char *type = text_cut(call, message->type, MAX_WORD, SIZE_MAX);
    const char *action = text_cut(call, message->action, MAX_WORD, SIZE_MAX);

    return call->host->format(call, "%s%s%s", type, *action ? " " : "", action);
}

const char *words_origin(struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    const char *urgency = level_name(message);

    if (message->urgency >= 0)
        urgency = call->host->format(call, "Urgency %d / 100", (int)message->urgency);
    return call->host->format(
        call, "%s" DOT "%s" DOT "%s", words_event(call), urgency, words_time(call));
}

const char *words_time(struct tocsin_call *call)
{
    int64_t ms = call->message->time_ms;
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    char text[64];
    struct tm utc;

    if (!gmtime_r(&seconds, &utc))
        return "time unknown";
    size_t len = strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
    return len > 0 ? call->host->format(call, "%s", text) : "time unknown";
}

const char *words_button(struct tocsin_call *call)
{
    const char *type = call->message->type;

    if (strncmp(type, "alert", strlen("alert")) == 0)
        return "Open alert";
    return strcmp(type, "case") == 0 ? "Open case" : "Open";
}

const char *words_marks(struct tocsin_call *call)
{
    static const struct {
        uint32_t mark;
        const char *text;
    } marks[] = {
        {TOCSIN_REPEAT, "Possible repeat: an earlier attempt may have arrived"},
        {TOCSIN_NOT_ENRICHED, "Not enriched: the look-up failed, what is missing is unknown"},
        {TOCSIN_FALLBACK, "Fallback: meant for another sink"},
    };
    const char *line = "";

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (call->message->marks & marks[i].mark)
            line = call->host->format(call, "%s%s%s", line, *line ? DOT : "", marks[i].text);
    return line;
}
