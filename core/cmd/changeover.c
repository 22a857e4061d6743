/* From one configuration to the next, between two events. The new one is loaded and checked beside
 * the one that runs; what is the same in both (a sink with all its options, the look-ups) is kept
 * with all that it knows, and what is not stays until nothing under way uses it any more. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cmd/daemon.h"
#include "cmd/difference.h"
#include "cmd/supervisor.h"
#include "config/config.h"
#include "config/yaml.h"
#include "enrich/enricher.h"
#include "flow/flow.h"
#include "hook/listener.h"
#include "sink/plugin.h"
#include "sink/sink.h"

enum {
    retire_look_ms = 200,
    most_logged = 20, /* faults of one refused configuration */
};

/* A configuration that another one took over from. */
struct retired {
    LIST_ENTRY(retired) link; /* daemon::retired */
    struct setup setup;
    struct enricher *enricher; /* NULL: the next one took it over */
};

static bool same_address(const struct config_address *a, const struct config_address *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

static void refuse_change(struct setup *fresh, const char *key, const char *inner)
{
    const struct yaml *block = yaml_get(fresh->config->document, key);
    const struct yaml *node = inner && yaml_get(block, inner) ? yaml_get(block, inner) : block;

    problem_add(&fresh->problems, node ? node->place : fresh->config->document->place,
        "\"%s%s%s\" cannot change while tocsin runs: restart it, or write what it was", key,
        inner ? "." : "", inner ? inner : "");
}

/* What only a start can change. */
static void check_changes(struct setup *fresh, const struct config *before)
{
    const struct config *after = fresh->config;

    if (!same_address(&before->listen, &after->listen))
        refuse_change(fresh, "listen", NULL);
    if (!same_address(&before->admin, &after->admin))
        refuse_change(fresh, "admin", NULL);
    if (strcmp(before->ledger_path, after->ledger_path) != 0)
        refuse_change(fresh, "ledger", "sqlite");
    if (before->max_size != after->max_size)
        refuse_change(fresh, "ledger", "max_size");
}

static void log_refusal(struct daemon *daemon, const struct setup *fresh)
{
    size_t count = fresh->problems.error_count, logged = 0;

    log_error(&daemon->logger,
        "%s is not taken over, the configuration before it goes on: %zu error%s", daemon->file,
        count, count == 1 ? "" : "s");
    for (size_t i = 0; i < fresh->problems.count && logged < most_logged; i++) {
        if (fresh->problems.items[i].is_warning)
            continue;
        auto_free char *line = problem_format(&fresh->problems.items[i]);
        log_error(&daemon->logger, "%s", line);
        logged++;
    }
}

static void remember_refusal(struct daemon *daemon, const struct setup *fresh)
{
    struct admin_configuration *state = &daemon->configuration;

    free(state->refused);
    state->refused = NULL;
    for (size_t i = 0; i < fresh->problems.count && !state->refused; i++)
        if (!fresh->problems.items[i].is_warning)
            state->refused = problem_format(&fresh->problems.items[i]);
    if (!state->refused)
        state->refused = text_copy("it cannot be loaded");
    state->refused_ms = clock_wall_ms();
}

/* Options, policy and plugin: everything that makes a sink what it is. */
static bool is_same_sink(const struct setup *a, const struct sink *sink_a, const struct setup *b,
    const struct sink *sink_b)
{
    const struct yaml *sinks_a = yaml_get(a->config->document, "sinks");
    const struct yaml *sinks_b = yaml_get(b->config->document, "sinks");

    return strcmp(sink_a->name, sink_b->name) == 0 &&
           plugin_is_same(sink_a->plugin, sink_b->plugin) &&
           yaml_equals(a->config->sink_defaults, b->config->sink_defaults) &&
           yaml_equals(yaml_get(sinks_a, sink_a->name), yaml_get(sinks_b, sink_b->name));
}

static struct sink **find_same(
    struct setup *before, const struct setup *fresh, const struct sink *sink)
{
    for (size_t i = 0; i < before->sink_count; i++)
        if (is_same_sink(before, before->sinks[i], fresh, sink))
            return &before->sinks[i];
    return NULL;
}

/* A sink that did not change goes over as it is; its twin, which never started, stays behind. */
static void take_sinks(struct daemon *daemon, struct setup *fresh)
{
    for (size_t i = 0; i < fresh->sink_count; i++) {
        struct sink **same = find_same(&daemon->setup, fresh, fresh->sinks[i]);
        if (same) {
            struct sink *kept = *same;
            *same = fresh->sinks[i];
            fresh->sinks[i] = kept;
            sink_adopt(kept, fresh->config);
        } else {
            sink_start(fresh->sinks[i], daemon->base, daemon->http, &daemon->logger);
        }
    }
}

static void retire_later(struct daemon *daemon)
{
    const struct timeval delay = clock_timeval(retire_look_ms);

    if (!LIST_EMPTY(&daemon->retired))
        evtimer_add(daemon->retire, &delay);
}

static void retired_destroy(struct retired *retired)
{
    LIST_REMOVE(retired, link);
    enricher_destroy(retired->enricher);
    setup_finish(&retired->setup);
    free(retired);
}

static bool is_over(const struct daemon *daemon, const struct retired *retired)
{
    const struct flow_parts parts = daemon_flow_parts(daemon, &retired->setup);
    bool are_gone = true;

    if (!flow_is_done_with(daemon->flow, &parts) ||
        (retired->enricher && !enricher_is_idle(retired->enricher)))
        return false;
    for (size_t i = 0; i < parts.sink_count; i++)
        are_gone &= sink_dismiss(parts.sinks[i]);
    return are_gone;
}

/* One with a thread that never came back stays for as long as the process: the thread may go on to
 * use it. */
static void on_retire(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *daemon = arg;
    struct retired *retired, *next;

    (void)fd, (void)what;
    for (retired = LIST_FIRST(&daemon->retired); retired; retired = next) {
        next = LIST_NEXT(retired, link);
        if (!is_over(daemon, retired))
            continue;
        if (setup_stop_sinks(&retired->setup))
            retired_destroy(retired);
        else
            LIST_REMOVE(retired, link);
    }
    retire_later(daemon);
}

void changeover_end_lookups(struct daemon *daemon)
{
    struct retired *retired;

    LIST_FOREACH (retired, &daemon->retired, link) {
        enricher_destroy(retired->enricher);
        retired->enricher = NULL;
    }
}

bool changeover_end(struct daemon *daemon)
{
    struct retired *retired, *next;
    bool all_back = true;

    for (retired = LIST_FIRST(&daemon->retired); retired; retired = next) {
        next = LIST_NEXT(retired, link);
        if (setup_stop_sinks(&retired->setup))
            retired_destroy(retired);
        else
            all_back = false;
    }
    if (daemon->retire)
        event_free(daemon->retire);
    daemon->retire = NULL;
    return all_back;
}

static void retire(struct daemon *daemon, const struct setup *before, struct enricher *enricher)
{
    struct retired *retired = mem_alloc(sizeof *retired);

    retired->setup = *before;
    retired->enricher = enricher;
    LIST_INSERT_HEAD(&daemon->retired, retired, link);
    if (!daemon->retire)
        daemon->retire = evtimer_new(daemon->base, on_retire, daemon);
    if (!daemon->retire)
        mem_exhausted();
    retire_later(daemon);
}

/* The look-ups of the fresh configuration: those that run, where they are the same. */
static struct enricher *take_lookups(struct daemon *daemon, struct setup *fresh)
{
    if (enricher_adopt(daemon->enricher, fresh->config))
        return daemon->enricher;
    struct enricher *enricher = enricher_create(
        fresh->config, daemon->base, daemon->http, &daemon->logger, &fresh->problems);
    enricher_count_in(enricher, daemon->metrics);
    return enricher;
}

/* Takes fresh over. */
static void change_over(struct daemon *daemon, struct setup *fresh)
{
    struct setup before = daemon->setup;
    struct enricher *enricher = daemon->enricher;

    secrets_learn(daemon->secrets, fresh->config->secrets);
    daemon->logger.threshold = (int)fresh->config->log_level;
    daemon->logger.format = (int)fresh->config->log_format;
    daemon->enricher = take_lookups(daemon, fresh);
    take_sinks(daemon, fresh);
    daemon->setup = *fresh;
    const struct flow_parts parts = daemon_flow_parts(daemon, fresh);
    flow_reload(daemon->flow, &parts);
    hook_listener_reload(daemon->hooks, fresh->config);
    const struct admin_parts admin = daemon_admin_parts(daemon);
    admin_listener_reload(daemon->admin, &admin);
    retire(daemon, &before, enricher == daemon->enricher ? NULL : enricher);
    daemon_note_loaded(daemon);
}

static json_t *report_refusal(const struct daemon *daemon, const struct setup *fresh)
{
    size_t count = fresh->problems.error_count;
    auto_free char *error = text_format(
        "%s has %zu error%s; nothing was changed", daemon->file, count, count == 1 ? "" : "s");

    return json_pack("{s:b,s:s,s:o}", "reloaded", 0, "error", error, "problems",
        difference_problems(&fresh->problems));
}

static bool refuse(struct daemon *daemon, struct setup *fresh, json_t **report)
{
    log_refusal(daemon, fresh);
    remember_refusal(daemon, fresh);
    supervisor_reloaded(daemon->supervisor, false);
    if (report)
        *report = report_refusal(daemon, fresh);
    watch_follow(daemon->watch, &daemon->setup, fresh->config ? fresh : NULL);
    setup_finish(fresh);
    return false;
}

static bool refuse_at_the_end(json_t **report)
{
    if (report)
        *report = json_pack("{s:b,s:s,s:[]}", "reloaded", 0, "error",
            "tocsin is stopping; the next start reads the configuration", "problems");
    return false;
}

void daemon_log_warnings(const struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->setup.problems.count; i++) {
        auto_free char *line = problem_format(&daemon->setup.problems.items[i]);
        log_warn(&daemon->logger, "%s", line);
    }
}

bool daemon_reload(struct daemon *daemon, json_t **report)
{
    int64_t began_ms = clock_mono_ms();
    struct setup fresh;

    if (daemon->drain_until_ms)
        return refuse_at_the_end(report);
    supervisor_reloading(daemon->supervisor);
    watch_note_reading(daemon->watch);
    bool ok = setup_load(&fresh, daemon->file);
    if (ok)
        check_changes(&fresh, daemon->setup.config);
    if (!ok || fresh.problems.error_count > 0)
        return refuse(daemon, &fresh, report);
    auto_json json_t *receipt = difference_report(&daemon->setup, &fresh);
    auto_free char *words = difference_words(receipt);
    change_over(daemon, &fresh);
    watch_follow(daemon->watch, &daemon->setup, NULL);
    supervisor_reloaded(daemon->supervisor, true);
    log_info(&daemon->logger, "%s is taken over, in %lld ms: %s", daemon->file,
        (long long)(clock_mono_ms() - began_ms), words);
    daemon_log_warnings(daemon);
    if (report)
        *report = json_incref(receipt);
    return true;
}
