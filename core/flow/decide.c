/* Who hears of an event: the rules say so, but of tocsin's own alarms. */
#include "flow/decide.h"

#include <string.h>

#include "base/buf.h"
#include "flow/flow-private.h"
#include "flow/story.h"

enum {
    longest_trace = 16384,
    whole_rules = 32, /* with more of them, the trace leaves out what could not match at all */
};

bool story_is_alarm(const struct story *story)
{
    return strcmp(story->hook, ALARM_HOOK) == 0;
}

void story_decide(struct story *story, const struct config *config, const struct ruleset *rules,
    enum trace_extent extent, struct decision *decision)
{
    story_see(story, config);
    if (story_is_alarm(story))
        alarm_decide(config, story, decision);
    else
        ruleset_decide(rules, story->view, story->at_ms, extent, decision);
}

void flow_decide(
    const struct flow *flow, struct story *story, struct decision *decision, struct buf *trace)
{
    const struct ruleset *rules = flow->parts.rules;
    bool are_few = ruleset_count(rules) <= whole_rules;

    story_decide(story, flow->parts.config, rules, are_few ? TRACE_ALL : TRACE_TRIED, decision);
    if (story_is_alarm(story))
        buf_puts(trace, "[{\"alarm\":true}]");
    else
        decision_trace_json(decision, longest_trace, trace);
}
