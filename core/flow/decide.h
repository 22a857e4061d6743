/* Who hears of an event: asked by the daemon for each, and by explain, test and what-if, which so
 * cannot disagree with it. Pure: the story has all that is known of the event. */
#ifndef TOCSIN_FLOW_DECIDE_H
#define TOCSIN_FLOW_DECIDE_H

#include <stdbool.h>

#include "rule/ruleset.h"

struct config;
struct story;

/* True of tocsin's own alarms: they go to `alarms:`, and no rule is asked. */
bool story_is_alarm(const struct story *story);

/* Makes the story's view, and decides. The decision must be finished; an alarm's has no traces. */
void story_decide(struct story *story, const struct config *config, const struct ruleset *rules,
    enum trace_extent extent, struct decision *decision);

#endif
