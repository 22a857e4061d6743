/* tocsin's own troubles. An alarm is an event like any other: accepted, kept, retried; only who
 * hears of it is not for the rules to say, and never the sink that it is about. The same cause is
 * told once an hour: here by memory, over a restart by the ledger's dedupe. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "enrich/enricher.h"
#include "event/event.h"
#include "flow/flow-private.h"
#include "flow/story.h"
#include "rule/ruleset.h"
#include "sink/sink.h"

enum {
    hour_ms = 3600000,
};

/* A cause that was told. */
struct told {
    UT_hash_handle hh;
    struct alarms *alarms;
    int64_t until_ms; /* monotonic: not again before */
    char cause[];
};

struct alarms {
    struct told *told;
    bool key_is_told; /* the refusal that is on now */
};

struct alarms *alarms_create(void)
{
    return mem_alloc(sizeof(struct alarms));
}

static void told_forget(struct told *told)
{
    HASH_DELETE(hh, told->alarms->told, told);
    free(told);
}

void alarms_destroy(struct alarms *alarms)
{
    struct told *told, *next;

    HASH_ITER (hh, alarms->told, told, next) {
        told_forget(told);
    }
    free(alarms);
}

/* NULL when the cause was told already. Causes are of the configuration, so there are few. */
static struct told *note_cause(struct alarms *alarms, const struct alarm *alarm, int64_t now_ms)
{
    size_t len = strlen(alarm->cause);
    struct told *told;

    HASH_FIND_STR(alarms->told, alarm->cause, told);
    if (told && now_ms < told->until_ms)
        return NULL;
    if (!told) {
        told = mem_alloc(sizeof *told + len + 1);
        memcpy(told->cause, alarm->cause, len);
        told->alarms = alarms;
        HASH_ADD_KEYPTR(hh, alarms->told, told->cause, len, told);
    }
    told->until_ms = now_ms + (alarm->window_ms ? alarm->window_ms : hour_ms);
    return told;
}

static json_t *make_document(const struct alarm *alarm)
{
    char now[TIMESTAMP_SIZE];
    json_t *attributes = json_pack("{s:s,s:s,s:s,s:s}", "title", alarm->title, "text", alarm->text,
        "level", "high", "cause", alarm->cause);

    timestamp_format(clock_wall_ms(), now);
    if (alarm->sink)
        json_object_set_new(attributes, "sink", json_string(alarm->sink));
    return json_pack("{s:s,s:s,s:o,s:{s:s}}", "type", "tocsin", "action", alarm->action,
        "attributes", attributes, "metadata", "created_at", now);
}

/* The next time that the trouble shows is a new chance. */
static void on_alarm_accepted(const struct error *error, const char *id, bool duplicate, void *arg)
{
    struct told *told = arg;

    (void)id, (void)duplicate;
    if (error->text)
        told->until_ms = 0;
}

void alarm_raise(struct flow *flow, const struct alarm *alarm)
{
    struct told *told;
    struct event *event;

    if (flow->parts.config->alarm_count == 0 || flow->is_stopping)
        return;
    told = note_cause(flow->alarms, alarm, clock_mono_ms());
    if (!told)
        return;
    auto_json json_t *document = make_document(alarm);
    auto_free char *body = json_dumps(document, JSON_COMPACT);
    event = event_parse(body, strlen(body), NULL);
    flow_accept_event(flow, ALARM_HOOK, event, body, strlen(body), alarm->cause,
        alarm->window_ms ? alarm->window_ms : hour_ms, on_alarm_accepted, told);
}

void alarm_decide(const struct config *config, const struct story *story, struct decision *decision)
{
    const char *about = json_string_value(json_object_get(story->event->attributes, "sink"));

    *decision = (struct decision){.matched = true};
    decision->targets = mem_alloc((config->alarm_count + 1) * sizeof *decision->targets);
    for (size_t i = 0; i < config->alarm_count; i++)
        if (!about || strcmp(about, config->alarms[i]) != 0)
            decision->targets[decision->target_count++] =
                (struct rule_target){.sink = config->alarms[i], .rule = "alarms"};
}

/* A destination that takes nothing is told of at once; one that fails, when a probe has failed too:
 * by then it is no hiccup. */
static bool is_trouble(const struct gate *gate)
{
    return gate->is_shut && (gate->cause == GATE_UNUSABLE ||
                                (gate->cause == GATE_FAILURES && gate->failed_probes > 0));
}

void alarm_about_sink(struct flow *flow, struct outlet *outlet, bool *is_told)
{
    const struct sink *sink = outlet_sink(outlet);

    if (!sink)
        return; /* what is left of it ends at a sink that nobody has any more */
    const struct gate *gate = &sink->gate;
    bool is_unusable = gate->cause == GATE_UNUSABLE;
    if (!is_trouble(gate)) {
        *is_told &= gate->is_shut;
        return;
    }
    if (*is_told)
        return;
    *is_told = true;
    auto_free char *cause = text_format("sink/%s", sink->name);
    auto_free char *title =
        text_format("Sink %s %s", sink->name, is_unusable ? "is unusable" : "fails");
    auto_free char *text = text_format("Its deliveries wait, and one of them tries it again from "
                                       "time to time. The reason: %s",
        gate->why);
    const struct alarm alarm = {.cause = cause,
        .action = is_unusable ? "sink-unusable" : "sink-failing",
        .sink = sink->name,
        .title = title,
        .text = text};
    alarm_raise(flow, &alarm);
}

void alarm_about_dead(struct flow *flow, const char *sink, const char *delivery, const char *why)
{
    auto_free char *cause = text_format("dead/%s", sink);
    auto_free char *title = text_format("A message to %s was given up", sink);
    auto_free char *text = text_format("%s is a dead letter, and perhaps not the only one. The "
                                       "reason: %s. See them all: tocsin dead --sink %s",
        delivery, why, sink);
    const struct alarm alarm = {
        .cause = cause, .action = "dead-letter", .sink = sink, .title = title, .text = text};

    alarm_raise(flow, &alarm);
}

void alarm_about_notice(struct flow *flow, const char *sink, const char *notice)
{
    auto_free char *cause = text_format("notice/%s", sink);
    auto_free char *title = text_format("Sink %s has something to tell", sink);
    const struct alarm alarm = {
        .cause = cause, .action = "sink-notice", .sink = sink, .title = title, .text = notice};

    alarm_raise(flow, &alarm);
}

void alarm_about_key(struct flow *flow)
{
    const char *fault = enricher_fault(flow->parts.enricher);
    const struct alarm alarm = {.cause = "key",
        .action = "key-refused",
        .title = "The Alert API refuses the key",
        .text = fault};

    if (fault && !flow->alarms->key_is_told)
        alarm_raise(flow, &alarm);
    flow->alarms->key_is_told = fault != NULL;
}

void alarm_about_lost(struct flow *flow)
{
    struct journal *journal = flow->parts.journal;
    struct store_health health;

    journal->ops->health(journal, &health);
    if (health.buried == 0)
        return;
    auto_free char *text =
        text_format("tocsin ended three times while %lld of its deliveries or events were under "
                    "way, so these are dead letters now. See them: tocsin dead",
            (long long)health.buried);
    const struct alarm alarm = {.cause = "lost",
        .action = "dead-letter",
        .title = "Messages were given up after crashes",
        .text = text};
    alarm_raise(flow, &alarm);
}
