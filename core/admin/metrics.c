/* /metrics: what the rooms have counted, and what is measured when somebody asks. */
#include "base/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/admin-private.h"
#include "admin/exchange.h"
#include "admin/reading.h"
#include "admin/records.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "build_config.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "flow/flow.h"
#include "sink/sink.h"
#include "store/journal.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

static const struct metric commit_seconds = {"tocsin_commit_seconds",
    "How long the ledger's commits took.", {NULL, NULL}, &store_seconds_bounds};
static const struct metric commit_requests = {"tocsin_commit_requests",
    "How many requests shared a commit.", {NULL, NULL}, &store_requests_bounds};

static void add_gauge(struct buf *out, const char *name, const char *help, double number)
{
    metrics_head(out, name, help, "gauge");
    metrics_sample(out, name, NULL, NULL, number);
}

static void add_counter(struct buf *out, const char *name, const char *help, double number)
{
    metrics_head(out, name, help, "counter");
    metrics_sample(out, name, NULL, NULL, number);
}

/* With its log: both are on the disk. */
static double size_of_ledger(const char *path)
{
    auto_free char *log = text_format("%s-wal", path);
    struct stat file = {0}, write_ahead = {0};

    if (stat(path, &file) < 0)
        return 0;
    if (stat(log, &write_ahead) < 0)
        write_ahead.st_size = 0;
    return (double)file.st_size + (double)write_ahead.st_size;
}

static void add_ledger(struct buf *out, const struct admin_parts *parts)
{
    struct store_health health;

    parts->journal->ops->health(parts->journal, &health);
    add_gauge(out, "tocsin_ledger_writable", "Whether events can be accepted.",
        health.writable && !health.is_full);
    add_gauge(out, "tocsin_ledger_bytes", "The size of the ledger on the disk.",
        size_of_ledger(parts->config->ledger_path));
    add_gauge(out, "tocsin_events_unrouted", "Accepted events that are not decided yet.",
        (double)health.unrouted);
    add_gauge(out, "tocsin_dead_letters", "Deliveries that will not be tried by themselves.",
        (double)health.dead);
    add_counter(out, "tocsin_deliveries_skipped_total",
        "Deliveries that an operator or a gate ended, since the ledger began.",
        (double)health.skipped);
    metrics_head(out, commit_seconds.name, commit_seconds.help, "histogram");
    metrics_histogram(out, &commit_seconds, NULL, &health.commit_seconds);
    metrics_head(out, commit_requests.name, commit_requests.help, "histogram");
    metrics_histogram(out, &commit_requests, NULL, &health.commit_requests);
}

#define QUEUE_METRIC "tocsin_queue_deliveries"

static void add_queue(const struct store_queue *queue, void *arg)
{
    metrics_sample(arg, QUEUE_METRIC, "sink", queue->sink, (double)queue->waiting);
}

static void add_gates(struct buf *out, const struct admin_parts *parts)
{
    static const char shut[] = "tocsin_sink_shut", paused[] = "tocsin_sink_paused",
                      in_flight[] = "tocsin_sink_in_flight";

    metrics_head(out, shut, "Whether a sink is shut: broken, unusable or paused.", "gauge");
    for (size_t i = 0; i < parts->sink_count; i++)
        metrics_sample(out, shut, "sink", parts->sinks[i]->name, parts->sinks[i]->gate.is_shut);
    metrics_head(out, paused, "Whether an operator paused a sink.", "gauge");
    for (size_t i = 0; i < parts->sink_count; i++)
        metrics_sample(
            out, paused, "sink", parts->sinks[i]->name, gate_is_paused(&parts->sinks[i]->gate));
    metrics_head(out, in_flight, "Attempts under way.", "gauge");
    for (size_t i = 0; i < parts->sink_count; i++)
        metrics_sample(
            out, in_flight, "sink", parts->sinks[i]->name, (double)parts->sinks[i]->in_flight);
}

static void add_configuration(struct buf *out, const struct admin_parts *parts)
{
    const struct admin_configuration *configuration = parts->configuration;

    add_gauge(out, "tocsin_config_last_reload_successful",
        "Whether the configuration's files are what runs.", !configuration->refused);
    add_gauge(out, "tocsin_config_loaded_timestamp_seconds", "When what runs was loaded.",
        (double)configuration->loaded_ms / 1000);
    metrics_head(out, "tocsin_config_info", "What runs, by a digest of its files.", "gauge");
    metrics_sample(out, "tocsin_config_info", "digest", configuration->digest, 1);
    add_gauge(out, "tocsin_api_key_refused", "Whether the API refuses the key of the look-ups.",
        enricher_fault(parts->enricher) != NULL);
    metrics_head(out, "tocsin_build_info", "The version that runs.", "gauge");
    metrics_sample(out, "tocsin_build_info", "version", TOCSIN_VERSION, 1);
}

static void write_all(struct buf *out, const struct admin_parts *parts)
{
    metrics_write(parts->metrics, out);
    add_counter(out, "tocsin_messages_misworded_total",
        "Messages in the default words because a template of the rules failed.",
        (double)flow_misworded(parts->flow));
    add_counter(out, "tocsin_patterns_given_up_total",
        "Tests of rules whose pattern reached a limit, and counted as no match.",
        (double)flow_given_up(parts->flow));
    metrics_head(out, QUEUE_METRIC, "Deliveries that wait, or are being attempted.", "gauge");
    parts->journal->ops->queues(parts->journal, add_queue, out);
    add_gates(out, parts);
    add_ledger(out, parts);
    add_configuration(out, parts);
}

/* Somebody's question, while the ledger is read for it. */
struct scrape {
    const struct admin_listener *admin;
    struct exchange *exchange;
};

/* A ledger that cannot be read is when the rest is wanted most. */
static void on_ages(const struct record_answer *answer, const char *failure, void *arg)
{
    struct scrape *scrape = arg;
    auto_buf struct buf out = {0};

    if (answer || failure) {
        write_all(&out, &scrape->admin->parts);
        if (answer && answer->status == 200)
            buf_puts(&out, answer->text);
        exchange_reply_as(scrape->exchange, 200, CONTENT_TYPE, buf_text(&out));
    } else {
        exchange_destroy(scrape->exchange);
    }
    free(scrape);
}

void answer_metrics(const struct admin_call *call)
{
    struct scrape *scrape = mem_alloc(sizeof *scrape);

    scrape->admin = call->admin;
    scrape->exchange = exchange_begin(call->admin->server, call->request);
    readings_ask(call->admin->readings, "/metrics", on_ages, scrape);
}
