#include "decisions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/problems.h"
#include "demand.h"
#include "event/view.h"
#include "places.h"
#include "rule/rule.h"
#include "rule/ruleset.h"

enum {
    longest_because = 200, /* bytes, as in ruleset.c */
};

static void demand_same_targets(const struct decision *one, const struct decision *other)
{
    DEMAND(one->matched == other->matched);
    DEMAND(one->target_count == other->target_count);
    for (size_t i = 0; i < one->target_count; i++) {
        DEMAND_OF(one->targets[i].sink == other->targets[i].sink, one->targets[i].sink);
        DEMAND_OF(strcmp(one->targets[i].rule, other->targets[i].rule) == 0, one->targets[i].rule);
    }
}

static void demand_each_sink_once(const struct decision *decision)
{
    for (size_t i = 0; i < decision->target_count; i++)
        for (size_t j = 0; j < i; j++)
            DEMAND(decision->targets[i].sink != decision->targets[j].sink);
}

static void demand_whole(const struct rule_trace *trace, const struct places *places)
{
    places_offset(places, trace->line, 1);
    DEMAND_OF(!trace->stops || trace->verdict == VERDICT_YES, trace->rule);
    DEMAND_OF(trace->sends || trace->verdict != VERDICT_YES, trace->rule);
    DEMAND_OF(!trace->sends || trace->verdict != VERDICT_NO, trace->rule);
    DEMAND_OF((trace->because == NULL) == (trace->verdict == VERDICT_YES), trace->rule);
    if (!trace->because)
        return;
    places_offset(places, trace->because_line, 1);
    demand_line(trace->because, longest_because);
    DEMAND_OF(*trace->because && strlen(trace->because) <= longest_because, trace->because);
}

static bool is_same_trace(const struct rule_trace *one, const struct rule_trace *other)
{
    return one->rule == other->rule && one->verdict == other->verdict &&
           one->sends == other->sends && one->stops == other->stops &&
           one->because_line == other->because_line &&
           strcmp(one->because ? one->because : "", other->because ? other->because : "") == 0;
}

/* What the index passed over must be no match when it is tried. */
static void demand_same_traces(const struct decision *all, const struct decision *tried)
{
    size_t at = 0;

    for (size_t i = 0; i < all->trace_count; i++) {
        const struct rule_trace *trace = &all->traces[i];
        if (at < tried->trace_count && tried->traces[at].rule == trace->rule)
            DEMAND_OF(is_same_trace(trace, &tried->traces[at++]), trace->rule);
        else
            DEMAND_OF(trace->verdict == VERDICT_NO, trace->rule);
    }
    DEMAND(at == tried->trace_count);
    DEMAND(all->untried == 0 && tried->trace_count + tried->untried == all->trace_count);
}

/* Whatever is left out of the JSON is counted there. */
static void demand_trace_json(const struct decision *decision, size_t most_bytes)
{
    auto_buf struct buf text = {0};
    size_t index, shown = 0, left_out = 0;
    json_t *member;

    decision_trace_json(decision, most_bytes, &text);
    auto_json json_t *list = demand_json(buf_text(&text));
    json_array_foreach (list, index, member) {
        const json_t *count = json_object_get(member, "left_out");
        DEMAND(!count || index + 1 == json_array_size(list));
        left_out += (size_t)json_integer_value(count);
        shown += !count;
    }
    DEMAND(shown + left_out == decision->trace_count + decision->untried);
}

static void demand_whole_decision(const struct decision *decision, const struct places *places)
{
    demand_each_sink_once(decision);
    for (size_t i = 0; i < decision->trace_count; i++)
        demand_whole(&decision->traces[i], places);
    demand_trace_json(decision, 16384);
    demand_trace_json(decision, 100);
}

static const struct rule *find_rule(const struct ruleset *rules, const char *name)
{
    size_t i = 0;

    while (i < ruleset_count(rules) && strcmp(ruleset_rule(rules, i)->name, name) != 0)
        i++;
    DEMAND_OF(i < ruleset_count(rules), name);
    return ruleset_rule(rules, i);
}

static const struct problem *find_problem(const struct problems *review, const struct rule *rule)
{
    for (size_t i = 0; i < review->count; i++)
        if (review->items[i].line == rule->line && review->items[i].column == rule->column)
            return &review->items[i];
    return NULL;
}

void decisions_demand_shadowed(
    const struct ruleset *rules, struct view *view, int64_t now_ms, const struct problems *review)
{
    struct decision decision;

    ruleset_decide(rules, view, now_ms, TRACE_ALL, &decision);
    for (size_t i = 0; i < decision.trace_count; i++) {
        const struct rule_trace *trace = &decision.traces[i];
        const struct problem *problem = find_problem(review, find_rule(rules, trace->rule));
        if (problem && (!view->not_enriched || !strstr(problem->text, "unless a look-up fails")))
            DEMAND_OF(trace->verdict != VERDICT_YES, problem->text);
    }
    decision_finish(&decision);
}

void decisions_demand(
    const struct ruleset *rules, struct view *view, int64_t now_ms, const struct places *places)
{
    struct decision all, tried, plain;

    ruleset_decide(rules, view, now_ms, TRACE_ALL, &all);
    ruleset_decide(rules, view, now_ms, TRACE_TRIED, &tried);
    ruleset_decide(rules, view, now_ms, TRACE_NONE, &plain);
    demand_same_targets(&all, &tried);
    demand_same_targets(&all, &plain);
    demand_same_traces(&all, &tried);
    demand_whole_decision(&all, places);
    demand_whole_decision(&tried, places);
    decision_finish(&all);
    decision_finish(&tried);
    decision_finish(&plain);
}
