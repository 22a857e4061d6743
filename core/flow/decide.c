/* Who hears of an event: the rules say so, but of tocsin's own alarms. */
#include <string.h>

#include "base/buf.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "rule/ruleset.h"

enum {
    longest_trace = 16384,
    whole_rules = 32, /* with more of them, the trace leaves out what could not match at all */
};

static bool is_alarm(const struct story *story)
{
    return strcmp(story->hook, ALARM_HOOK) == 0;
}

void flow_decide(
    const struct flow *flow, struct story *story, struct decision *decision, struct buf *trace)
{
    story_see(story, flow->parts.config);
    if (is_alarm(story)) {
        alarm_decide(flow, story, decision);
        buf_puts(trace, "[{\"alarm\":true}]");
        return;
    }
    ruleset_decide(flow->parts.rules, story->view, story->at_ms,
        ruleset_count(flow->parts.rules) <= whole_rules ? TRACE_ALL : TRACE_TRIED, decision);
    decision_trace_json(decision, longest_trace, trace);
}
