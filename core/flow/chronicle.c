/* The lines that an event leaves in the log on its way, each with its id: accepted, looked up,
 * decided, and (delivery.c) how each attempt went. Those of an event for which all is well are
 * written for so many events in a second; what fails is always told. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log_quota.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "rule/ruleset.h"

enum {
    told_per_second = 100,
};

struct log_quota *chronicle_open(struct flow *flow)
{
    return log_quota_create(flow->parts.base, &flow->logger, LOG_LEVEL_INFO, told_per_second,
        "events went their way without lines here: the ledger knows them all (tocsin events), and "
        "log: {level: debug} writes them all");
}

bool chronicle_wants(struct flow *flow, struct story *story)
{
    if (story->told == STORY_UNASKED)
        story->told = log_quota_admits(flow->told) ? STORY_TOLD : STORY_UNTOLD;
    return story->told == STORY_TOLD;
}

void chronicle_accepted(struct flow *flow, struct story *story, bool duplicate)
{
    if (!chronicle_wants(flow, story))
        return;
    const struct logger hook = logger_with(&flow->logger, "hook", story->hook);
    const struct logger event = logger_with(&hook, "event", story->id);

    log_info(&event, "%s %s %s", duplicate ? "had already" : "accepted", story->event->type,
        story->event->action);
}

void chronicle_looked_up(struct flow *flow, struct story *story)
{
    const struct looked_up *looked_up = story->looked_up;

    if (!looked_up || !chronicle_wants(flow, story))
        return;
    const struct logger event = logger_with(&flow->logger, "event", story->id);
    if (looked_up->object) {
        log_info(&event, "looked up: %s %s", looked_up->name, looked_up->status);
        return;
    }
    /* A key that is refused is told once, by the enricher. */
    log_write(&event, enricher_fault(flow->parts.enricher) ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
        "not looked up, goes on without its %s: %s", looked_up->name, looked_up->status);
}

/* soc-teams by "urgent alerts", siem by "everything" */
static void list_targets(struct buf *words, const struct decision *decision)
{
    for (size_t i = 0; i < decision->target_count; i++)
        buf_printf(words, "%s%s by \"%s\"", i ? ", " : "", decision->targets[i].sink,
            decision->targets[i].rule);
}

void chronicle_decided(struct flow *flow, struct story *story, const struct decision *decision)
{
    if (!chronicle_wants(flow, story))
        return;
    const struct logger event = logger_with(&flow->logger, "event", story->id);
    auto_buf struct buf sinks = {0};

    list_targets(&sinks, decision);
    log_info(&event, "%s%s",
        decision->target_count ? "goes to "
        : decision->matched    ? "tells nobody: so its rule says"
                               : "no rule matched",
        buf_text(&sinks));
}
