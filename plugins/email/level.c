#include "level.h"

static const struct level levels[] = {
    [TOCSIN_INFO] = {"info", "INFO", "#607d8b", "#ffffff", "low", 5},
    [TOCSIN_LOW] = {"low", "LOW", "#1976d2", "#ffffff", "low", 4},
    [TOCSIN_MEDIUM] = {"medium", "MEDIUM", "#fbc02d", "#212121", NULL, 3},
    [TOCSIN_HIGH] = {"high", "HIGH", "#f57c00", "#212121", "high", 2},
    [TOCSIN_URGENT] = {"urgent", "URGENT", "#d32f2f", "#ffffff", "high", 1},
};

const struct level *level_of(const struct tocsin_message *message)
{
    return &levels[message->level <= TOCSIN_URGENT ? message->level : TOCSIN_URGENT];
}

const char *level_tag(struct tocsin_call *call)
{
    const struct level *level = level_of(call->message);

    if (call->message->urgency < 0)
        return level->shout;
    return call->host->format(call, "%s %d", level->shout, (int)call->message->urgency);
}
