#include "cmd/object.h"

#include <event2/event.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/problems.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "lane/http.h"
#include "rule/cases.h"

/* Where nothing is looked up, what is given all the same goes by the event's type. */
static const char *name_of(const struct config *config, const char *type, const char **pick)
{
    const char *name = case_object_name(config, type, pick);

    return name ? name : type;
}

struct looked_up *object_failed(const struct config *config, const char *type, const char *why)
{
    const char *pick, *name = name_of(config, type, &pick);

    return looked_up_create(name, why, NULL, 0, pick);
}

struct looked_up *object_given(const struct config *config, const char *type, const void *bytes,
    size_t len, struct error *error)
{
    const char *pick, *name = name_of(config, type, &pick);
    struct looked_up *object = looked_up_create(name, "found", bytes, len, pick);

    if (!object->object && pick) {
        looked_up_release(object);
        object = looked_up_create(name, "found", bytes, len, NULL);
    }
    if (object->object)
        return object;
    error_set(error, "%s", object->status);
    looked_up_release(object);
    return NULL;
}

/* One look-up, on a loop of its own. */
struct asking {
    struct event_base *base;
    struct looked_up *result;
};

static void on_looked_up(struct looked_up *result, void *arg)
{
    struct asking *asking = arg;

    asking->result = looked_up_keep(result);
    event_base_loopbreak(asking->base);
}

static struct looked_up *ask(
    struct enricher *enricher, const struct event *event, struct event_base *base)
{
    struct asking asking = {.base = base};

    if (enricher_look_up(enricher, event, on_looked_up, &asking, &asking.result))
        event_base_dispatch(base); /* to the answer, or the look-up's own deadline */
    return asking.result;
}

struct looked_up *object_look_up(
    const struct config *config, const struct event *event, struct error *error)
{
    static const struct logger logger = {.threshold = LOG_LEVEL_ERROR};
    auto_problems struct problems problems = {0};
    struct event_base *base = event_base_new();

    if (!base)
        mem_exhausted();
    struct http_lane *lane = http_lane_create(base, error);
    struct enricher *enricher =
        lane ? enricher_create(config, base, lane, &logger, &problems) : NULL;
    struct looked_up *result = enricher ? ask(enricher, event, base) : NULL;
    enricher_destroy(enricher);
    http_lane_destroy(lane);
    event_base_free(base);
    return result;
}
