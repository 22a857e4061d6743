#include "cmd/posted.h"

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "event/event.h"
#include "flow/story.h"

struct story *posted_story(const struct buf *bytes, const char *what, const struct config *config,
    const char *hook, int64_t at_ms, struct error *error)
{
    struct event *event = event_parse(buf_text(bytes), bytes->len, error);

    if (!event) {
        error_wrap(error, "%s is no event", what);
        return NULL;
    }
    if (!hook)
        hook = config->hook_count == 1 ? config->hooks[0].name : "explain";
    return story_create(event, hook, buf_text(bytes), bytes->len, at_ms);
}
