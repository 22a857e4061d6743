/* Deliver sinks: the plugin does the talking, and may block, on a worker's thread. */
#include "base/crash.h"
#include "base/log.h"
#include "lane/worker.h"
#include "sink/attempt-private.h"
#include "sink/blame.h"
#include "sink/plugin.h"
#include "sink/sink.h"

static void *worker_open(void *context, void *job)
{
    const struct sink *sink = context;
    struct attempt *attempt = job;
    struct blame blame = {.sink = sink->name, .file = sink->plugin->path, .call = "open"};
    const char *why = NULL;

    blame_enter(&blame);
    void *instance = sink->plugin->descriptor.open(&attempt->call.face, sink->config, &why);
    blame_leave(&blame);
    if (!instance)
        attempt->open_failure = why ? why : "the plugin does not open, and does not say why";
    return instance;
}

static void worker_run(void *context, void *instance, void *job, const struct worker_limits *limits)
{
    const struct sink *sink = context;
    struct attempt *attempt = job;
    const struct tocsin_sink_plugin *descriptor = &sink->plugin->descriptor;
    bool is_probe = attempt->dispatch.is_probe;
    struct blame blame = {
        .sink = sink->name, .file = sink->plugin->path, .call = is_probe ? "probe" : "deliver"};

    attempt->call.limits = limits;
    crash_point(CRASH_WORKER_BEFORE);
    blame_enter(&blame);
    (is_probe ? descriptor->probe : descriptor->deliver)(
        instance, &attempt->call.face, &attempt->outcome);
    blame_leave(&blame);
    crash_point(CRASH_WORKER_AFTER);
}

static void worker_close(void *context, void *instance)
{
    const struct sink *sink = context;
    struct blame blame = {.sink = sink->name, .file = sink->plugin->path, .call = "close"};

    blame_enter(&blame);
    if (sink->plugin->descriptor.close)
        sink->plugin->descriptor.close(instance);
    blame_leave(&blame);
}

static void on_worker_done(void *context, void *job, bool opened)
{
    struct attempt *attempt = job;

    (void)context;
    attempt->call.limits = NULL;
    if (opened)
        attempt_end(attempt, 0, NULL, false);
    else
        attempt_end_as(attempt, TOCSIN_UNUSABLE, attempt->open_failure);
}

/* The lost thread may still write to the attempt: the result is made beside it, and its memory is
 * left behind. */
void attempt_overstayed(void *context, void *job)
{
    struct sink *sink = context;
    struct attempt *lost = job;
    struct attempt beside = {
        .sink = sink, .done = lost->done, .arg = lost->arg, .began_ms = lost->began_ms};

    beside.dispatch.is_drill = lost->dispatch.is_drill;

    LIST_REMOVE(lost, link);
    log_error(&sink->logger, "plugin %s overstayed its deadline of %lld ms; its thread is given up",
        sink->plugin->descriptor.name, (long long)sink->policy.timeout_ms);
    beside.outcome = (struct tocsin_outcome){
        .size = sizeof beside.outcome,
        .result = worker_lane_is_lost(sink->workers) ? TOCSIN_UNUSABLE : TOCSIN_RETRY,
        .maybe_sent = lost->step != ATTEMPT_RENDER,
        .reason = "the plugin overstayed its deadline",
    };
    attempt_end(&beside, 0, NULL, true);
}

void attempt_dropped(void *context, void *job)
{
    (void)context;
    attempt_drop(job);
}

const struct worker_ops attempt_worker_ops = {
    .open = worker_open,
    .run = worker_run,
    .close = worker_close,
    .done = on_worker_done,
    .overstayed = attempt_overstayed,
    .dropped = attempt_dropped,
};
