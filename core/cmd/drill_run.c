#include "cmd/drill_run.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "cmd/progress.h"
#include "cmd/setup.h"
#include "config/config.h"
#include "flow/drill.h"
#include "lane/http.h"
#include "sink/sink.h"

struct running;

/* One of the sinks. */
struct slot {
    struct running *running;
    json_t *report; /* owned; NULL until it is there */
};

struct running {
    const struct drill_run *run;
    struct event_base *base;
    struct slot *slots;
    size_t told;
    struct progress progress;
    bool is_interrupted;
};

static void tell_in_order(struct running *running)
{
    const struct drill_run *run = running->run;

    progress_clear(&running->progress);
    while (running->told < run->name_count && running->slots[running->told].report)
        run->told(running->slots[running->told++].report, run->arg);
    if (running->told == run->name_count)
        event_base_loopbreak(running->base);
}

/* Without a report it was dropped: the run was interrupted. */
static void on_done(const json_t *report, const char *refusal, void *arg)
{
    struct slot *slot = arg;

    (void)refusal;
    if (!report)
        return;
    slot->report = json_deep_copy(report);
    tell_in_order(slot->running);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct running *running = arg;

    (void)number, (void)what;
    running->is_interrupted = true;
    event_base_loopbreak(running->base);
}

static void begin(struct running *running, struct http_lane *http, const struct logger *logger)
{
    const struct drill_run *run = running->run;
    const struct drill_order order = {
        .config = run->setup->config,
        .level = run->level,
        .is_probe = run->is_probe,
        .by = run->by,
    };

    for (size_t i = 0; i < run->name_count; i++) {
        struct sink *sink = setup_sink(run->setup, run->names[i]);
        running->slots[i].running = running;
        sink_start(sink, running->base, http, logger);
        drill_begin(drill_create(sink, &order, on_done, &running->slots[i]), sink);
    }
}

static struct event *watch_signal(struct running *running, int number)
{
    struct event *event = evsignal_new(running->base, number, on_signal, running);

    if (!event)
        mem_exhausted();
    event_add(event, NULL);
    return event;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct running *running = arg;

    (void)fd, (void)what;
    progress_note(&running->progress, running->told, running->run->name_count);
}

static struct event *watch_time(struct running *running)
{
    static const struct timeval period = {0, 200000};
    struct event *event = event_new(running->base, -1, EV_PERSIST, on_tick, running);

    if (!event)
        mem_exhausted();
    event_add(event, &period);
    return event;
}

/* Until all are told or a signal comes. One that ended within begin() told so before the loop. */
static void wait(struct running *running)
{
    struct event *on_int = watch_signal(running, SIGINT);
    struct event *on_term = watch_signal(running, SIGTERM);

    struct event *tick = watch_time(running);

    progress_begin(&running->progress, "sinks answered");
    while (running->told < running->run->name_count && !running->is_interrupted)
        event_base_loop(running->base, EVLOOP_ONCE);
    progress_clear(&running->progress);
    event_free(tick);
    event_free(on_int);
    event_free(on_term);
}

static void finish(struct running *running, struct http_lane *http, bool *is_lost)
{
    http_lane_destroy(http);
    *is_lost = !setup_stop_sinks(running->run->setup);
    if (*is_lost)
        return;
    setup_finish(running->run->setup);
    for (size_t i = 0; i < running->run->name_count; i++)
        json_decref(running->slots[i].report);
    free(running->slots);
    event_base_free(running->base);
}

enum drill_run_end drill_run(const struct drill_run *run, bool *is_lost, struct error *error)
{
    const struct logger logger = {
        .threshold = LOG_LEVEL_ERROR, .secrets = run->setup->config->secrets};
    struct running *running = mem_alloc(sizeof *running);

    running->run = run;
    running->slots = mem_alloc(run->name_count * sizeof *running->slots);
    signal(SIGPIPE, SIG_IGN);
    running->base = loop_create();
    struct http_lane *http = http_lane_create(running->base, error);
    if (http) {
        begin(running, http, &logger);
        wait(running);
    }
    finish(running, http, is_lost);
    bool is_interrupted = running->is_interrupted;
    if (!*is_lost)
        free(running);
    if (!http)
        return DRILL_RUN_FAILED;
    return is_interrupted ? DRILL_RUN_INTERRUPTED : DRILL_RUN_WHOLE;
}
