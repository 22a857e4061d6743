/* What is posted: from any bytes to an event, or to a reason that its sender can read. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "demand.h"
#include "event/event.h"
#include "event/line.h"
#include "harness.h"

enum {
    deepest = 512,
};

/* Recursion as deep as what it checks. */
static void demand_shallow(const json_t *value, int levels)
{
    const char *key;
    json_t *member;
    size_t index;

    if (!json_is_object(value) && !json_is_array(value))
        return;
    DEMAND(levels > 0);
    json_object_foreach ((json_t *)value, key, member)
        demand_shallow(member, levels - 1);
    json_array_foreach (value, index, member) {
        demand_shallow(member, levels - 1);
    }
}

static void demand_one_line(const char *text)
{
    static const size_t mosts[] = {1, 2, 64, 512};

    for (size_t i = 0; i < sizeof mosts / sizeof *mosts; i++) {
        auto_free char *line = one_line_copy(text, mosts[i]);
        size_t len = strlen(line);
        demand_line(line, mosts[i]);
        DEMAND_OF(len == 0 || (line[0] != ' ' && line[len - 1] != ' '), line);
    }
}

static bool is_same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

/* An event that is written down and read again is the same one: the ledger, replay and the senders
 * who post twice count on it. */
static void demand_stable(const struct event *event)
{
    auto_free char *text = json_dumps(event->body, JSON_COMPACT);
    DEMAND(text != NULL);
    auto_json json_t *read = demand_json(text);
    struct event *again = event_parse(text, strlen(text), NULL);

    DEMAND_OF(json_equal(read, event->body), text);
    DEMAND_OF(again != NULL, text);
    DEMAND_OF(json_equal(again->body, event->body), text);
    DEMAND_OF(json_equal(again->attributes, event->attributes), text);
    DEMAND_OF(json_equal(again->metadata, event->metadata), text);
    DEMAND_OF(is_same_text(again->type, event->type), text);
    DEMAND_OF(is_same_text(again->action, event->action), text);
    DEMAND_OF(is_same_text(again->thread, event->thread), text);
    DEMAND_OF(is_same_text(again->dedupe, event->dedupe), text);
    DEMAND_OF(again->time_ms == event->time_ms, text);
    event_destroy(again);
}

static void demand_event(const struct event *event)
{
    DEMAND(json_is_object(event->body));
    DEMAND(json_is_object(event->attributes));
    DEMAND(json_is_object(event->metadata));
    DEMAND(event->type && *event->type);
    DEMAND(event->action && event->thread);
    DEMAND(event->time_ms >= -1);
    demand_shallow(event->body, deepest);
    demand_one_line(event->type);
    demand_one_line(event->action);
    demand_one_line(event->thread);
    demand_stable(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_error struct error error = {0};
    auto_free char *text = text_copy_n((const char *)data, size);
    struct event *event = event_parse((const char *)data, size, &error);

    demand_one_line(text); /* up to its first NUL */
    if (event)
        demand_event(event);
    else
        demand_words(error_text(&error));
    event_destroy(event);
    return 0;
}
