#include "sink/sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/locator.h"
#include "config/options.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "lane/worker.h"
#include "sink/attempt.h"
#include "sink/blame.h"
#include "sink/call.h"
#include "sink/isolated.h"
#include "sink/plugin.h"

enum {
    quick_ms = 50,   /* so soon that a few claimed deliveries more keep nobody waiting */
    at_once_ms = 20, /* so soon that a delivery that waits does not wait for the sink */
    most_ahead = 32,
    most_passing = 8,
    may_be_lost = 8, /* threads of a sink, so that one of few threads goes on too */
};

static bool read_options(struct sink *sink, const struct config *config,
    const struct config_sink *configured, const char *subject, struct problems *problems)
{
    const struct option_context context = {
        .problems = problems,
        .secrets = config->secrets,
        .subject = subject,
        .also = policy_names(plugin_has_requests(sink->plugin)),
    };
    sink->config = mem_alloc(sink->plugin->descriptor.config_size);
    bool ok = options_read(&sink->plugin->options, configured->node, sink->config, &context);
    return ok;
}

static bool is_clear_text(const char *url)
{
    struct locator locator;

    return !locator_split(url, &locator) && locator_has_scheme(&locator, "http") &&
           !locator_is_loopback(&locator);
}

static void warn_of_clear_text(
    const struct sink *sink, const struct config_sink *configured, struct problems *problems)
{
    for (size_t i = 0; i < sink->plugin->options.count; i++) {
        const struct tocsin_option *option = option_at(&sink->plugin->options, i);
        const struct yaml *value = yaml_get(configured->node, option->name);
        if (option->flags & TOCSIN_URL && value && value->kind == YAML_SCALAR &&
            is_clear_text(value->text))
            problem_warn(problems, value->place,
                "sink %s: \"%s\" is plain http: what is sent, and the URL itself, can be read on "
                "the way",
                sink->name, option->name);
    }
}

/* A reason that begins with an option's name ("url: ...") is about its value. */
static struct place place_of_reason(
    const struct sink *sink, const struct config_sink *configured, const char *why)
{
    size_t len = why ? strcspn(why, ":") : 0;

    for (size_t i = 0; why && why[len] && i < sink->plugin->options.count; i++) {
        const char *name = option_at(&sink->plugin->options, i)->name;
        const struct yaml *value = yaml_get(configured->node, name);
        if (value && strlen(name) == len && strncmp(name, why, len) == 0)
            return value->place;
    }
    return configured->place;
}

static bool ask_here(struct sink *sink, struct error *error)
{
    static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};
    struct blame blame = {.sink = sink->name, .file = sink->plugin->path, .call = "check"};
    const char *why = NULL;
    struct call call;

    call_init(&call, &silent);
    call.is_check = true;
    call.filling = &sink->filling;
    blame_enter(&blame);
    bool ok = sink->plugin->descriptor.check(&call.face, sink->config, &why);
    blame_leave(&blame);
    if (!ok)
        error_set(error, "%s", why ? why : "");
    call_finish(&call);
    return ok;
}

/* The plugin's own check of its options: what one table cannot say. */
static bool ask_plugin(
    struct sink *sink, const struct config_sink *configured, struct problems *problems)
{
    auto_error struct error error = {0};

    if (!sink->plugin->checks)
        return true;
    if (sink->plugin->is_isolated
            ? isolated_plugin_check(sink->plugin, sink->config, sink->name, &error)
            : ask_here(sink, &error))
        return true;
    const char *why = error_text(&error);
    problem_add(problems, place_of_reason(sink, configured, why), "sink %s: %s", sink->name,
        *why ? why : "its plugin refuses these options and does not say why");
    return false;
}

/* The inbox has no file. */
static struct plugin *load_plugin(
    const struct config *config, const struct config_sink *configured, struct error *error)
{
    bool is_isolated = policy_isolates(config->sink_defaults, configured->node) &&
                       strcmp(configured->plugin, PLUGIN_INBOX) != 0;
    struct blame blame = {.sink = configured->name, .file = configured->plugin, .call = "loading"};

    if (is_isolated)
        return isolated_plugin_load(configured->plugin, config->plugin_path,
            config->plugin_path_count, configured->name, error);
    blame_enter(&blame);
    struct plugin *plugin =
        plugin_load(configured->plugin, config->plugin_path, config->plugin_path_count, error);
    blame_leave(&blame);
    return plugin;
}

/* The host's options and the plugin's, whatever is wrong with the others; then what the plugin says
 * of them together. */
static bool read_configuration(struct sink *sink, const struct config *config,
    const struct config_sink *configured, struct problems *problems)
{
    auto_free char *subject = text_format("sink %s", sink->name);
    bool policy = policy_read(
        &sink->policy, sink->plugin, config->sink_defaults, configured->node, subject, problems);
    bool options = read_options(sink, config, configured, subject, problems);

    warn_of_clear_text(sink, configured, problems);
    bool agreed = options && ask_plugin(sink, configured, problems);
    return policy && agreed;
}

struct sink *sink_create(
    const struct config *config, const struct config_sink *configured, struct problems *problems)
{
    auto_error struct error error = {0};
    struct sink *sink = mem_alloc(sizeof *sink);

    sink->name = text_copy(configured->name);
    sink->secrets = config->secrets;
    sink->last_took_ms = INT64_MAX;
    sink->plugin = load_plugin(config, configured, &error);
    if (!sink->plugin)
        problem_add(problems, yaml_get(configured->node, "plugin")->place, "sink %s: %s",
            sink->name, error_text(&error));
    if (sink->plugin && read_configuration(sink, config, configured, problems))
        return sink;
    sink_destroy(sink);
    return NULL;
}

void sink_start(
    struct sink *sink, struct event_base *base, struct http_lane *http, const struct logger *logger)
{
    size_t threads = sink->policy.concurrency;

    sink->logger = logger_with(logger, "sink", sink->name);
    sink->http = http;
    budget_init(&sink->budget, sink->policy.rate, clock_mono_ms());
    if (plugin_blocks(sink->plugin) || sink->plugin->is_isolated)
        sink->workers =
            worker_lane_create(base, threads, threads > may_be_lost ? threads : may_be_lost,
                sink->plugin->is_isolated ? &isolated_worker_ops : &attempt_worker_ops, sink);
}

bool sink_dismiss(struct sink *sink)
{
    return !sink->workers || worker_lane_dismiss(sink->workers);
}

void sink_adopt(struct sink *sink, const struct config *config)
{
    sink->secrets = config->secrets;
}

bool sink_stop(struct sink *sink)
{
    bool all_back = worker_lane_destroy(sink->workers);

    sink->workers = NULL;
    return all_back;
}

static void sink_close(struct sink *sink)
{
    struct blame blame = {.sink = sink->name, .file = sink->plugin->path, .call = "close"};

    blame_enter(&blame);
    if (sink->instance && sink->plugin->descriptor.close)
        sink->plugin->descriptor.close(sink->instance);
    blame_leave(&blame);
    if (sink->config)
        options_finish(&sink->plugin->options, sink->config);
    free(sink->config);
}

void sink_destroy(struct sink *sink)
{
    if (!sink)
        return;
    attempts_drop(sink);
    if (sink->plugin)
        sink_close(sink);
    policy_finish(&sink->policy);
    free(sink->last_failure);
    gate_finish(&sink->gate);
    filling_finish(&sink->filling);
    plugin_destroy(sink->plugin);
    free(sink->name);
    free(sink);
}

size_t sink_places(const struct sink *sink)
{
    size_t places = sink->policy.concurrency - sink->in_flight;
    size_t threads = sink->workers ? worker_lane_room(sink->workers) : places;

    return threads < places ? threads : places;
}

bool sink_is_lost(const struct sink *sink)
{
    return sink->workers && worker_lane_is_lost(sink->workers);
}

/* Where a claim without an attempt would make a dead letter after a crash, there are none. */
static size_t claimed_ahead(const struct sink *sink)
{
    bool is_quick = sink->last_took_ms <= quick_ms;

    return is_quick && !sink->gate.is_shut && sink->policy.resend_in_doubt ? most_ahead : 0;
}

/* Within a rate each that passes would take the place of one that waits. */
size_t sink_room_to_pass(const struct sink *sink)
{
    return claimed_ahead(sink) > 0 && !(sink->budget.rate > 0) ? most_passing : 0;
}

size_t sink_room(struct sink *sink, bool may_claim_ahead, int64_t now_ms, int64_t *next_ms)
{
    size_t wanted = sink_places(sink) + (may_claim_ahead ? claimed_ahead(sink) : 0);

    *next_ms = 0;
    if (wanted == 0)
        return 0;
    size_t by_gate = gate_admits(&sink->gate, wanted, now_ms);
    size_t room = budget_available(&sink->budget, by_gate, now_ms);
    if (by_gate == 0)
        *next_ms = gate_next_ms(&sink->gate);
    else if (room == 0)
        *next_ms = budget_next_ms(&sink->budget, now_ms);
    return room;
}

/* One that answered at once and has hung since answers no more. */
static bool is_answering(const struct sink *sink, int64_t now_ms)
{
    return sink->last_took_ms <= at_once_ms && now_ms - sink->last_ended_ms <= at_once_ms;
}

bool sink_could_take_more(struct sink *sink, int64_t now_ms)
{
    return (sink_places(sink) > 0 || is_answering(sink, now_ms)) &&
           gate_admits(&sink->gate, 1, now_ms) > 0 &&
           budget_available(&sink->budget, 1, now_ms) > 0;
}

/* A gate that shuts stays shut no longer than the longest wait between two tries. */
static bool shut_or_count(
    struct sink *sink, const struct attempt_result *result, const char *why, int64_t now_ms)
{
    const struct policy *policy = &sink->policy;
    int64_t most_ms =
        policy->retry_max_ms > policy->probe_ms ? policy->retry_max_ms : policy->probe_ms;

    bool is_unusable = result->result == TOCSIN_UNUSABLE;
    enum gate_cause cause = is_unusable ? GATE_UNUSABLE : GATE_ASKED;

    if (result->retry_after_ms > 0)
        return gate_shut(&sink->gate, cause, result->retry_after_ms, most_ms, why, now_ms);
    if (is_unusable)
        return gate_shut(&sink->gate, cause, policy->probe_ms, most_ms, why, now_ms);
    return gate_attempt_failed(
        &sink->gate, policy->breaker_failures, policy->probe_ms, most_ms, why, now_ms);
}

void sink_learn(struct sink *sink, const struct attempt_result *result)
{
    const char *why = result->reason ? result->reason : "no reason given";

    sink->last_took_ms = result->result == TOCSIN_DELIVERED ? result->took_ms : INT64_MAX;
    sink->last_ended_ms = clock_mono_ms();
    if (result->result != TOCSIN_DELIVERED) {
        free(sink->last_failure);
        sink->last_failure = text_copy(why);
        sink->last_failure_ms = clock_wall_ms();
    }
    if (result->result == TOCSIN_DELIVERED || result->result == TOCSIN_REJECTED) {
        if (gate_attempt_worked(&sink->gate))
            log_info(&sink->logger, "open again");
        return;
    }
    if (!shut_or_count(sink, result, why, clock_mono_ms()))
        return;
    if (result->result == TOCSIN_UNUSABLE)
        log_error(&sink->logger, "unusable, its deliveries wait: %s", why);
    else
        log_warn(&sink->logger, "shut for %lld ms, its deliveries wait: %s",
            (long long)sink->gate.shut_for_ms, why);
}

void sink_learn_of_drill(struct sink *sink, const struct attempt_result *result)
{
    if (result->result != TOCSIN_DELIVERED || !sink->gate.is_shut || gate_is_paused(&sink->gate))
        return;
    gate_attempt_worked(&sink->gate);
    log_info(&sink->logger, "open again: a drill was delivered");
}
