#include "admin/report.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "admin/listener.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "event/value.h"
#include "flow/flow.h"
#include "flow/tally.h"
#include "sink/plugin.h"
#include "sink/sink.h"
#include "store/journal.h"

static char *take_text(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);

    json_decref(value);
    return text ? text : text_copy("{}");
}

static struct store_health get_health(const struct admin_parts *parts)
{
    struct store_health health;

    parts->journal->ops->health(parts->journal, &health);
    return health;
}

static bool is_ready_now(const struct store_health *health)
{
    return health->writable && !health->is_full;
}

/* What works, but not as it was meant to. */
static json_t *report_degraded(const struct admin_parts *parts)
{
    const char *fault = enricher_fault(parts->enricher);
    const char *refused = parts->configuration->refused;
    json_t *lines = json_array();

    if (fault)
        json_array_append_new(lines, value_of_text(fault));
    if (refused) {
        auto_free char *line = text_format(
            "the configuration was changed and is refused, the one before goes on: %s", refused);
        json_array_append_new(lines, value_of_text(line));
    }
    return lines;
}

static json_t *time_json(int64_t ms)
{
    char text[TIMESTAMP_SIZE];

    if (ms == 0)
        return json_null();
    timestamp_format(ms, text);
    return json_string(text);
}

static json_t *report_configuration(const struct admin_parts *parts)
{
    const struct admin_configuration *configuration = parts->configuration;

    return json_pack("{s:s,s:o,s:o,s:o}", "file", parts->config->file, "loaded",
        time_json(configuration->loaded_ms), "refused", time_json(configuration->refused_ms), "why",
        value_of_text(configuration->refused));
}

static json_t *report_readiness(const struct admin_parts *parts, const struct store_health *health)
{
    json_t *report = json_pack("{s:b}", "ready", (int)is_ready_now(health));

    if (!health->writable)
        json_object_set_new(report, "why", json_pack("[s]", health->why));
    else if (health->is_full)
        json_object_set_new(report, "why",
            json_pack("[s]",
                "the ledger is full: what may not be removed yet takes all of its max_size"));
    json_t *degraded = report_degraded(parts);
    if (json_array_size(degraded) > 0)
        json_object_set_new(report, "degraded", degraded);
    else
        json_decref(degraded);
    return report;
}

char *report_ready(const struct admin_parts *parts, bool *is_ready)
{
    struct store_health health = get_health(parts);

    *is_ready = is_ready_now(&health);
    return take_text(report_readiness(parts, &health));
}

/* The queue of one name. */
struct queue_search {
    const char *sink;
    int64_t waiting;
};

static void find_queue(const struct store_queue *queue, void *arg)
{
    struct queue_search *search = arg;

    if (strcmp(queue->sink, search->sink) == 0)
        search->waiting = queue->waiting;
}

static const char *state_name(const struct gate *gate, int64_t now_ms)
{
    if (!gate->is_shut)
        return "open";
    if (!gate_is_paused(gate))
        return "shut";
    return gate->until_ms > now_ms ? "paused" : "probing";
}

/* When the gate lets the next one through, by the wall clock, to a second: it is the same time as
 * long as nothing changes. null when that is now, or never by itself. */
static json_t *until(const struct gate *gate, int64_t now_ms)
{
    char text[TIMESTAMP_SIZE];

    if (!gate->is_shut || gate->until_ms <= now_ms || gate->until_ms == INT64_MAX)
        return json_null();
    int64_t at_ms = clock_wall_ms() + (gate->until_ms - now_ms);
    timestamp_format((at_ms + 500) / 1000 * 1000, text);
    return json_string(text);
}

static json_t *ms_json(double seconds)
{
    return isnan(seconds) ? json_null() : json_real(seconds * 1000);
}

static json_t *rate_json(double rate)
{
    return rate > 0 ? json_real(rate) : json_null();
}

/* Since the daemon started. */
static json_t *report_tally(const struct admin_parts *parts, const struct sink *sink)
{
    struct tally_sink tally = tally_sink(parts->flow, sink->name);

    return json_pack("{s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "delivered", (json_int_t)tally.delivered,
        "dead", (json_int_t)tally.dead, "failed_attempts", (json_int_t)tally.failed,
        "attempt_p50_ms", ms_json(tally.attempt_p50_s), "attempt_p99_ms",
        ms_json(tally.attempt_p99_s), "delivery_p50_ms", ms_json(tally.delivery_p50_s),
        "delivery_p99_ms", ms_json(tally.delivery_p99_s));
}

json_t *report_sink(const struct admin_parts *parts, const struct sink *sink)
{
    struct journal *journal = parts->journal;
    struct queue_search search = {.sink = sink->name};
    int64_t now_ms = clock_mono_ms();

    journal->ops->queues(journal, find_queue, &search);
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:I,s:I,s:o,s:o,s:o,s:o}", "name", sink->name, "plugin",
        sink->plugin->descriptor.name, "state", state_name(&sink->gate, now_ms), "why",
        value_of_text(sink->gate.why), "until", until(&sink->gate, now_ms), "in_flight",
        (json_int_t)sink->in_flight, "queue", (json_int_t)search.waiting, "rate",
        rate_json(sink->policy.rate), "last_failure", value_of_text(sink->last_failure),
        "last_failure_at", time_json(sink->last_failure_ms), "since_start",
        report_tally(parts, sink));
}

struct absent_search {
    const struct admin_parts *parts;
    json_t *found;
};

static void find_absent(const struct store_queue *queue, void *arg)
{
    const struct absent_search *search = arg;

    for (size_t i = 0; i < search->parts->sink_count; i++)
        if (strcmp(search->parts->sinks[i]->name, queue->sink) == 0)
            return;
    if (queue->waiting > 0)
        json_array_append_new(search->found,
            json_pack("{s:s,s:s,s:s,s:I,s:I}", "name", queue->sink, "state", "absent", "why",
                "is not in the configuration: its deliveries are held", "in_flight", (json_int_t)0,
                "queue", (json_int_t)queue->waiting));
}

json_t *report_sinks(const struct admin_parts *parts)
{
    struct absent_search search = {parts, json_array()};

    for (size_t i = 0; i < parts->sink_count; i++)
        json_array_append_new(search.found, report_sink(parts, parts->sinks[i]));
    parts->journal->ops->queues(parts->journal, find_absent, &search);
    return search.found;
}

char *report_status(const struct admin_parts *parts)
{
    struct store_health health = get_health(parts);
    json_t *report = report_readiness(parts, &health);
    auto_json json_t *counts = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "ledger",
        parts->journal->ops->ledger_id(parts->journal), "events", (json_int_t)health.events,
        "unrouted", (json_int_t)health.unrouted, "waiting", (json_int_t)health.waiting, "delivered",
        (json_int_t)health.delivered, "dead", (json_int_t)health.dead, "skipped",
        (json_int_t)health.skipped, "misworded", (json_int_t)flow_misworded(parts->flow), "sinks",
        report_sinks(parts));

    json_object_update(report, counts);
    json_object_set_new(report, "configuration", report_configuration(parts));
    json_object_set_new(
        report, "patterns_given_up", json_integer((json_int_t)flow_given_up(parts->flow)));
    return take_text(report);
}
