#include "flow/tally.h"

#include <math.h>
#include <stddef.h>
#include <tocsin/sink.h>

#include "base/metrics.h"
#include "flow/flow-private.h"
#include "rule/rule.h"
#include "rule/ruleset.h"
#include "sink/attempt.h"
#include "sink/sink.h"

static const struct histogram_bounds attempt_bounds = {
    11, {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15}};
static const struct histogram_bounds waited_bounds = {
    14, {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600, 3600, 86400}};

static const struct metric matches = {"tocsin_rule_matches_total",
    "Events that a rule matched, or sent because it could not be decided.", {"rule", NULL}, NULL};
static const struct metric unmatched = {
    "tocsin_events_unmatched_total", "Events that no rule matched.", {NULL, NULL}, NULL};
static const struct metric attempts = {"tocsin_attempts_total",
    "Attempts to deliver, by what became of them.", {"sink", "outcome"}, NULL};
static const struct metric attempt_seconds = {
    "tocsin_attempt_seconds", "How long attempts took.", {"sink", NULL}, &attempt_bounds};
static const struct metric deliveries = {"tocsin_deliveries_total",
    "Deliveries that ended at an attempt, by how.", {"sink", "result"}, NULL};
static const struct metric waited = {"tocsin_delivery_seconds",
    "From the acceptance of an event to its delivery.", {"sink", NULL}, &waited_bounds};

static const char *const outcomes[] = {[TOCSIN_DELIVERED] = "delivered",
    [TOCSIN_RETRY] = "retry",
    [TOCSIN_REJECTED] = "rejected",
    [TOCSIN_UNUSABLE] = "unusable"};

static void prepare_sink(struct metrics *metrics, const char *sink)
{
    for (size_t i = TOCSIN_DELIVERED; i <= TOCSIN_UNUSABLE; i++)
        metrics_add(metrics, &attempts, sink, outcomes[i], 0);
    metrics_add(metrics, &deliveries, sink, "delivered", 0);
    metrics_add(metrics, &deliveries, sink, "dead", 0);
    metrics_prepare(metrics, &attempt_seconds, sink);
    metrics_prepare(metrics, &waited, sink);
}

void tally_prepare(const struct flow *flow)
{
    struct metrics *metrics = flow->parts.metrics;

    for (size_t i = 0; i < flow->parts.sink_count; i++)
        prepare_sink(metrics, flow->parts.sinks[i]->name);
    for (size_t i = 0; flow->parts.rules && i < ruleset_count(flow->parts.rules); i++)
        metrics_add(metrics, &matches, ruleset_rule(flow->parts.rules, i)->name, NULL, 0);
    metrics_add(metrics, &unmatched, NULL, NULL, 0);
}

void tally_decision(const struct flow *flow, const struct decision *decision)
{
    struct metrics *metrics = flow->parts.metrics;

    for (size_t i = 0; i < decision->trace_count; i++) {
        const struct rule_trace *trace = &decision->traces[i];
        if (trace->verdict == VERDICT_YES || trace->sends)
            metrics_add(metrics, &matches, trace->rule, NULL, 1);
    }
    if (!decision->matched)
        metrics_add(metrics, &unmatched, NULL, NULL, 1);
}

void tally_attempt(const struct flow *flow, const char *sink, const struct attempt_result *result)
{
    metrics_add(flow->parts.metrics, &attempts, sink, outcomes[result->result], 1);
    metrics_observe(flow->parts.metrics, &attempt_seconds, sink, (double)result->took_ms / 1000);
}

void tally_end(
    const struct flow *flow, const char *sink, enum store_result result, int64_t waited_ms)
{
    if (result == STORE_RETRY)
        return;
    metrics_add(flow->parts.metrics, &deliveries, sink,
        result == STORE_DELIVERED ? "delivered" : "dead", 1);
    if (result == STORE_DELIVERED)
        metrics_observe(
            flow->parts.metrics, &waited, sink, waited_ms > 0 ? (double)waited_ms / 1000 : 0);
}

uint64_t tally_matches(const struct flow *flow, const char *rule)
{
    return metrics_count(flow->parts.metrics, &matches, rule, NULL);
}

uint64_t tally_unmatched(const struct flow *flow)
{
    return metrics_count(flow->parts.metrics, &unmatched, NULL, NULL);
}

static double quantile(
    const struct metrics *metrics, const struct metric *metric, const char *sink, double share)
{
    const struct histogram *spread = metrics_spread(metrics, metric, sink);

    return spread ? histogram_quantile(spread, metric->bounds, share) : NAN;
}

struct tally_sink tally_sink(const struct flow *flow, const char *sink)
{
    const struct metrics *metrics = flow->parts.metrics;

    return (struct tally_sink){
        .delivered = metrics_count(metrics, &deliveries, sink, "delivered"),
        .dead = metrics_count(metrics, &deliveries, sink, "dead"),
        .failed = metrics_count(metrics, &attempts, sink, outcomes[TOCSIN_RETRY]) +
                  metrics_count(metrics, &attempts, sink, outcomes[TOCSIN_REJECTED]) +
                  metrics_count(metrics, &attempts, sink, outcomes[TOCSIN_UNUSABLE]),
        .attempt_p50_s = quantile(metrics, &attempt_seconds, sink, 0.5),
        .attempt_p99_s = quantile(metrics, &attempt_seconds, sink, 0.99),
        .delivery_p50_s = quantile(metrics, &waited, sink, 0.5),
        .delivery_p99_s = quantile(metrics, &waited, sink, 0.99),
    };
}
