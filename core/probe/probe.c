#include "probe/probe.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "config/options.h"
#include "lane/worker.h"
#include "sink/plugin.h"
#include "probe/describe.h"
#include "probe/state.h"
#include "probe/values.h"
#include "probe/specimen.h"

enum {
    sentinel = 100, /* above what programs count on */
    output_quoted = 80,
};

static const struct logger silent = {.threshold = LOG_LEVEL_ERROR};

/* Calls ---------------------------------------------------------------------------------------- */

static void enter(struct probe *probe, const char *function, const char *with, int64_t patience_ms)
{
    struct probe_board *board = probe->board;

    snprintf(board->call, sizeof board->call, "%s", function);
    snprintf(board->call_with, sizeof board->call_with, "%s", with);
    board->call_check = probe->check;
    board->call_patience_ms = patience_ms;
    atomic_store(&board->call_began_ms, clock_mono_ms());
}

/* "`render` with message `hostile`", or "`close`". */
static char *call_name(const struct probe_board *board)
{
    return text_format(
        "`%s`%s%s", board->call, *board->call_with ? " with " : "", board->call_with);
}

/* Standard output and standard error are one file here, and the checker's. */
static void look_at_output(struct probe *probe)
{
    struct stat status;
    char quoted[output_quoted + 1];

    fflush(NULL);
    if (fstat(STDOUT_FILENO, &status) < 0 || status.st_size <= probe->output_seen)
        return;
    ssize_t len = pread(STDOUT_FILENO, quoted, output_quoted, probe->output_seen);
    probe->output_seen = status.st_size;
    if (probe_board_count(probe->board, CHECK_OUTPUT) > 0)
        return;
    quoted[len > 0 ? len : 0] = '\0';
    auto_free char *name = call_name(probe->board);
    auto_free char *shown =
        secrets_redact_cut(probe->config ? probe->config->secrets : NULL, quoted);
    probe_board_find(probe->board, CHECK_OUTPUT,
        "%s writes to standard output or standard error, which are the host's (\"%s\"): use "
        "host->log, or a reason",
        name, shown);
}

static void look_at_descriptors(struct probe *probe)
{
    const int ours[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, probe->sentinel_fd};

    for (size_t i = 0; i < sizeof ours / sizeof *ours && !probe->is_closed; i++) {
        if (fcntl(ours[i], F_GETFD) >= 0)
            continue;
        auto_free char *name = call_name(probe->board);
        probe->is_closed = true;
        probe_board_find(probe->board, CHECK_LEFTOVERS,
            "%s closes descriptors that are not the plugin's, such as %d: close only what it "
            "opened",
            name, ours[i]);
    }
}

static void leave(struct probe *probe)
{
    atomic_store(&probe->board->call_began_ms, 0);
    look_at_output(probe);
    look_at_descriptors(probe);
}

static void on_log(struct tocsin_call *face, const char *format, ...)
{
    const struct probe_call *call = (const void *)face;
    va_list args;

    va_start(args, format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    auto_free char *text = text_vformat(format, args);
#pragma GCC diagnostic pop
    va_end(args);
    if (!call->config)
        return;
    auto_free char *clean = secrets_redact(call->config->secrets, text);
    if (strcmp(clean, text) != 0)
        probe_find(call, CHECK_SECRETS, call->probe->board->call,
            "hands a secret to host->log (\"%.200s\"): leave it out", clean);
}

static char *export_event(const void *source)
{
    return text_copy(((const struct specimen *)source)->event);
}

void probe_call_init(struct probe_call *call, struct probe *probe,
    const struct probe_config *config, const struct specimen *specimen)
{
    *call = (struct probe_call){
        .probe = probe, .config = config, .with = specimen ? specimen->name : ""};
    call_init(&call->base, &silent);
    probe->host = *call->base.face.host;
    probe->host.log = on_log;
    probe->config = config;
    call->base.face.host = &probe->host;
    if (!specimen)
        return;
    call->message = specimen->message;
    call->base.face.message = &call->message;
    call->base.make_event_json = export_event;
    call->base.source = specimen;
}

void probe_call_finish(struct probe_call *call)
{
    call_finish(&call->base);
    call->probe->config = NULL;
}

static void enter_call(const struct probe_call *call, const char *function, int64_t patience_ms)
{
    char with[64] = "";

    if (*call->with)
        snprintf(with, sizeof with, "message `%s`", call->with);
    enter(call->probe, function, with, patience_ms);
}

bool probe_ask(struct probe_call *call, const char **why)
{
    const struct tocsin_sink_plugin *plugin = &call->probe->plugin->descriptor;

    *why = NULL;
    if (!plugin->check)
        return true;
    call->base.is_check = true;
    enter_call(call, "check", call->probe->board->patience_ms);
    bool is_fine = plugin->check(&call->base.face, call->config->config, why);
    leave(call->probe);
    return is_fine;
}

void *probe_open(struct probe_call *call, const char **why)
{
    *why = NULL;
    enter_call(call, "open", call->probe->board->patience_ms);
    void *instance =
        call->probe->plugin->descriptor.open(&call->base.face, call->config->config, why);
    leave(call->probe);
    return instance;
}

void probe_render(struct probe_call *call, void *instance, struct tocsin_request *request)
{
    *request = (struct tocsin_request){.size = sizeof *request};
    enter_call(call, "render", call->probe->board->patience_ms);
    call->probe->plugin->descriptor.render(instance, &call->base.face, request);
    leave(call->probe);
}

void probe_judge(struct probe_call *call, void *instance, const struct tocsin_answer *answer,
    struct tocsin_outcome *outcome)
{
    char with[64];

    snprintf(with, sizeof with, "status %u", answer->status);
    enter(call->probe, "judge", with, call->probe->board->patience_ms);
    call->probe->plugin->descriptor.judge(instance, &call->base.face, answer, outcome);
    leave(call->probe);
}

void probe_deliver(struct probe_call *call, void *instance, int64_t deadline_ms, int stop_fd,
    struct tocsin_outcome *outcome)
{
    const struct worker_limits limits = {clock_mono_ms() + deadline_ms, stop_fd};
    int64_t patience_ms = deadline_ms + call->probe->board->grace_ms;

    *outcome = (struct tocsin_outcome){.size = sizeof *outcome};
    call->base.limits = &limits;
    enter_call(call, "deliver", patience_ms + call->probe->board->grace_ms);
    call->probe->plugin->descriptor.deliver(instance, &call->base.face, outcome);
    leave(call->probe);
    call->base.limits = NULL;
}

int64_t probe_attempt(struct probe_call *call, void *instance, struct tocsin_outcome *outcome)
{
    int64_t before_ms = clock_mono_ms();
    auto_close int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    probe_deliver(call, instance, PROBE_DEADLINE_MS, stop_fd, outcome);
    return clock_mono_ms() - before_ms;
}

bool probe_awaits(
    const struct probe *probe, enum probe_peer peer, uint64_t before, int64_t patience_ms)
{
    int64_t until_ms = clock_mono_ms() + patience_ms;

    while (atomic_load(&probe->board->received[peer]) == before && clock_mono_ms() < until_ms)
        poll(NULL, 0, 1);
    return atomic_load(&probe->board->received[peer]) != before;
}

void probe_close(struct probe *probe, const struct probe_config *config, void *instance)
{
    if (!instance || !probe->plugin->descriptor.close)
        return;
    probe->config = config;
    enter(probe, "close", "", probe->board->patience_ms);
    probe->plugin->descriptor.close(instance);
    leave(probe);
    probe->config = NULL;
}

void *probe_open_instance(struct probe *probe, const struct probe_config *config)
{
    struct probe_call call;
    const char *why;

    probe_call_init(&call, probe, config, NULL);
    void *instance = probe_open(&call, &why);
    if (!instance && why)
        probe_find(&call, CHECK_INSTANCES, "open", "opens nothing: %s", why);
    else if (!instance)
        probe_find(&call, CHECK_INSTANCES, "open",
            "returns NULL and does not say why: set *why, or return an instance");
    probe_call_finish(&call);
    return instance;
}

/* Findings ------------------------------------------------------------------------------------- */

void probe_find(const struct probe_call *call, enum probe_check check, const char *function,
    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    auto_free char *words = text_vformat(format, args);
    va_end(args);
    auto_free char *clean = secrets_redact(call->config ? call->config->secrets : NULL, words);
    probe_board_find(call->probe->board, check, "`%s`%s%s%s %s", function,
        *call->with ? " with message `" : "", call->with, *call->with ? "`" : "", clean);
}

const char *probe_result_name(uint32_t result)
{
    static const char *const names[] = {
        "no outcome", "delivered", "retry", "rejected", "unusable", "again"};

    return result < sizeof names / sizeof *names ? names[result] : "an unknown outcome";
}

/* A word of an outcome: people read it on one line, in the log, the ledger and on the page. */
static bool check_word(const struct probe_call *call, enum probe_check check, const char *function,
    const char *what, const char *word)
{
    if (!word)
        return true;
    auto_free char *clean = secrets_redact(call->config->secrets, word);
    if (strcmp(clean, word) != 0) {
        probe_find(call, CHECK_SECRETS, function,
            "shows a secret in its %s (\"%.200s\"): leave it out, also where a far end repeats it",
            what, clean);
        return false;
    }
    if (!utf8_is_valid(word, strlen(word))) {
        probe_find(call, check, function, "gives a %s that is no UTF-8", what);
        return false;
    }
    auto_free char *line = text_copy(word);
    utf8_blank_controls(line);
    if (strcmp(line, word) == 0)
        return true;
    probe_find(call, check, function,
        "gives a %s with line breaks or control characters: make it one line (\"%.100s\")", what,
        line);
    return false;
}

bool probe_outcome(const struct probe_call *call, enum probe_check check, const char *function,
    const struct tocsin_outcome *outcome, bool may_repeat)
{
    uint32_t last = may_repeat ? TOCSIN_AGAIN : TOCSIN_UNUSABLE;

    if (outcome->result < TOCSIN_DELIVERED || outcome->result > last) {
        probe_find(call, check, function, "gives %s (%u): set outcome->result",
            probe_result_name(outcome->result), outcome->result);
        return false;
    }
    bool is_failure = outcome->result > TOCSIN_DELIVERED && outcome->result < TOCSIN_AGAIN;
    if (is_failure && (!outcome->reason || !*outcome->reason)) {
        probe_find(call, check, function, "says %s without a reason: set outcome->reason",
            probe_result_name(outcome->result));
        return false;
    }
    /* Resume is the plugin's own, and may have lines. */
    auto_free char *resume =
        outcome->resume ? secrets_redact(call->config->secrets, outcome->resume) : NULL;
    if (resume && strcmp(resume, outcome->resume) != 0) {
        probe_find(call, CHECK_SECRETS, function,
            "puts a secret into its resume, which the ledger keeps: leave it out");
        return false;
    }
    return check_word(call, check, function, "reason", outcome->reason) &&
           check_word(call, check, function, "receipt", outcome->receipt) &&
           check_word(call, check, function, "notice", outcome->notice);
}

/* All of it ------------------------------------------------------------------------------------ */

static bool has_group(const struct probe *probe, enum probe_group group)
{
    return probe->board->groups & 1u << group;
}

static void load(struct probe *probe)
{
    auto_error struct error error = {0};

    probe->check = CHECK_LOAD;
    enter(probe, "dlopen", "", probe->board->patience_ms);
    const struct tocsin_sink_plugin *found = plugin_open(probe->file, &error);
    leave(probe);
    if (!found)
        probe_board_find(probe->board, CHECK_LOAD, "%s", error_text(&error));
    else
        probe->plugin = probe_describe(probe->board, found, probe->file);
}

static bool settle(struct probe *probe, const char *const *given, size_t count)
{
    auto_error struct error error = {0};

    probe->check = CHECK_CONFIGURATION;
    probe->values =
        probe_values_create(probe->plugin, given, count, probe->board->scratch, true, &error);
    if (probe->values && probe_values_settle(probe->values, probe, &error))
        return true;
    snprintf(probe->board->undone, sizeof probe->board->undone, "%s", error_text(&error));
    return false;
}

static void run_group(struct probe *probe, enum probe_group group)
{
    switch (group) {
    case GROUP_INSTANCES:
        probe_instances(probe);
        break;
    case GROUP_MESSAGES:
        probe_messages(probe);
        break;
    case GROUP_STATUSES:
        probe_statuses(probe);
        break;
    case GROUP_PEERS:
        probe_peers(probe);
        break;
    case GROUP_LEFTOVERS:
        probe_leftovers(probe);
        break;
    case GROUP_DESCRIBE: /* done, since the others need it */
    case GROUP_COUNT:
        break;
    }
    probe->board->groups_done |= 1u << group;
}

void probe_run(struct probe_board *board, const char *file, const char *const *given, size_t count)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct probe probe = {.board = board, .file = file};

    probe.sentinel_fd = fcntl(null_fd, F_DUPFD_CLOEXEC, sentinel);
    close(null_fd);
    probe.state = probe_state_create();
    load(&probe);
    if (probe.plugin && board->groups != 1u << GROUP_DESCRIBE && settle(&probe, given, count))
        for (int group = 0; group < GROUP_COUNT; group++)
            if (has_group(&probe, (enum probe_group)group))
                run_group(&probe, (enum probe_group)group);
    board->groups_done |= 1u << GROUP_DESCRIBE;
    probe_values_destroy(probe.values);
    probe_state_destroy(probe.state);
    plugin_destroy(probe.plugin);
    close(probe.sentinel_fd);
    probe.check = CHECK_LOAD;
    enter(&probe, "end of the process", "", board->patience_ms);
    board->is_whole = true;
}
