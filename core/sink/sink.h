/* A sink: one configured instance of a plugin, with the host's policy around it. Belongs to the
 * loop's thread. */
#ifndef TOCSIN_SINK_SINK_H
#define TOCSIN_SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/log.h"
#include "message/filling.h"
#include "sink/budget.h"
#include "sink/gate.h"
#include "sink/policy.h"

struct config;
struct config_sink;
struct event_base;
struct http_lane;
struct plugin;
struct problems;
struct secrets;
struct worker_lane;
struct attempt_result;

struct sink {
    char *name;
    struct plugin *plugin;
    void *config; /* the plugin's struct, filled */
    struct policy policy;
    struct gate gate;
    struct budget budget;
    struct logger logger;
    const struct secrets *secrets; /* borrowed: what to keep out of reasons and replies */
    struct http_lane *http;        /* borrowed; render sinks, once started */
    void *instance;                /* render sinks: opened at the first attempt */
    struct filling filling;        /* render sinks: the template that their plugin fills */
    struct worker_lane *workers;   /* deliver sinks, once started */
    size_t in_flight;              /* attempts under way */
    int64_t last_took_ms;          /* the last attempt, if it was delivered; else INT64_MAX */
    int64_t last_ended_ms;         /* monotonic: when that was */
    char *last_failure;            /* why the last attempt that failed did; NULL: none has */
    int64_t last_failure_ms;       /* wall clock: when that was */
    LIST_HEAD(, attempt) attempts; /* those */
};

/* Loads the plugin and reads the options; faults go to problems, NULL if there was any. Nothing is
 * opened, no thread started: `check` does the same. The sink's secrets go to config->secrets. */
struct sink *sink_create(
    const struct config *config, const struct config_sink *configured, struct problems *problems);

/* Makes it ready for attempts. All borrowed for the sink's life. */
void sink_start(struct sink *sink, struct event_base *base, struct http_lane *http,
    const struct logger *logger);

/* Nothing is in flight and nothing will be: its threads are told to end. True when they have; else
 * call it again. sink_stop() comes after. */
bool sink_dismiss(struct sink *sink);

/* Another configuration has it, unchanged: its secrets are that one's from now on. */
void sink_adopt(struct sink *sink, const struct config *config);

/* Ends its threads. False: one did not come back, and may go on using all that the sink was given:
 * then neither the sink nor its configuration may be destroyed. */
bool sink_stop(struct sink *sink);

/* Of a sink that was started only once it was stopped. What is in flight is lost to whoever waits
 * for it. */
void sink_destroy(struct sink *sink);

/* How many attempts can be under way beside those that are, by concurrency and lane. */
size_t sink_places(const struct sink *sink);

/* So many of its threads were lost that nothing can be sent any more. */
bool sink_is_lost(const struct sink *sink);

/* How many deliveries may be claimed now, by places, gate and budget: ahead of a place too, at a
 * sink that answers at once, so that the next needs no commit before it starts. *next_ms is the
 * monotonic time to ask again when time alone holds it back, else 0. */
size_t sink_room(struct sink *sink, bool may_claim_ahead, int64_t now_ms, int64_t *next_ms);

/* How many more may be claimed, as they come, ahead of what waits: at a sink that answers at once a
 * new delivery need not stand behind the backlog of an outage. */
size_t sink_room_to_pass(const struct sink *sink);

/* Whether it is not the sink that holds back what waits for it: it is open, within its rate, and
 * has a free place or answers so soon that it will have one at once. */
bool sink_could_take_more(struct sink *sink, int64_t now_ms);

/* Takes from an attempt's result what it tells of the sink: opens or shuts the gate, and says so.
 */
void sink_learn(struct sink *sink, const struct attempt_result *result);

/* A drill that was delivered opens a gate that trouble shut; whatever else became of one changes
 * nothing, and a pause stays one. */
void sink_learn_of_drill(struct sink *sink, const struct attempt_result *result);

#endif
