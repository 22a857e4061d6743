/* The daemon's life: signals, upkeep, and its end. */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "build_config.h"
#include "cmd/arguments.h"
#include "base/secret.h"
#include "cmd/command.h"
#include "cmd/daemon.h"
#include "cmd/supervisor.h"
#include "config/config.h"
#include "flow/flow.h"
#include "hook/listener.h"
#include "sink/blame.h"
#include "store/journal.h"

enum {
    wanted_descriptors = 16384,
    drain_check_ms = 20,
    prune_ms = 60000,
    measure_ms = 1000, /* how often a ledger with a max_size is looked at */
};

/* The next step of a pass; the pauses leave the ledger to the others. */
static void prune_again(struct daemon *daemon)
{
    static const struct timeval soon = {0, 50000};

    daemon->pruned_ms = clock_mono_ms() - prune_ms;
    event_add(daemon->prune, &soon);
}

static void on_pruned(const struct error *error, bool more, void *arg)
{
    struct daemon *daemon = arg;

    if (error->text)
        log_warn(&daemon->logger, "old records could not be removed: %s", error_text(error));
    else if (more && !daemon->drain_until_ms)
        prune_again(daemon);
}

static bool is_time_to_prune(const struct daemon *daemon)
{
    struct store_health health;

    daemon->journal->ops->health(daemon->journal, &health);
    return health.is_oversize || clock_mono_ms() - daemon->pruned_ms >= prune_ms;
}

static void on_prune(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *daemon = arg;
    const struct config *config = daemon->setup.config;
    const struct timeval period = clock_timeval(config->max_size ? measure_ms : prune_ms);

    (void)fd, (void)what;
    if (daemon->drain_until_ms)
        return;
    event_add(daemon->prune, &period);
    if (!is_time_to_prune(daemon))
        return;
    daemon->pruned_ms = clock_mono_ms();
    daemon->journal->ops->prune(daemon->journal, clock_steady_ms(), config->keep_ms,
        config->keep_dead_ms, on_pruned, daemon);
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
    struct daemon *daemon = arg;

    (void)fd, (void)what;
    if (flow_is_idle(daemon->flow))
        event_base_loopexit(daemon->base, NULL);
    else if (clock_mono_ms() >= daemon->drain_until_ms) {
        log_warn(&daemon->logger,
            "not everything under way ended in time; it goes on at the next start");
        event_base_loopexit(daemon->base, NULL);
    }
}

static void on_stop(evutil_socket_t number, short what, void *arg)
{
    const struct timeval period = clock_timeval(drain_check_ms);
    struct daemon *daemon = arg;

    (void)what;
    if (daemon->drain_until_ms) {
        event_base_loopexit(daemon->base, NULL); /* the second time: at once */
        return;
    }
    log_info(&daemon->logger, "%s: stopping", number == SIGINT ? "interrupted" : "terminated");
    supervisor_stopping(daemon->supervisor);
    daemon->drain_until_ms = clock_mono_ms() + daemon->setup.config->drain_ms;
    hook_listener_stop(daemon->hooks);
    flow_stop(daemon->flow);
    event_add(daemon->drain, &period);
}

/* Connections, sinks and the ledger all want descriptors; the soft limit is often 1,024. */
static void raise_descriptor_limit(const struct logger *logger)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    rlim_t wanted = limit.rlim_max < wanted_descriptors ? limit.rlim_max : wanted_descriptors;
    if (limit.rlim_cur < wanted)
        limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < wanted_descriptors / 2)
        log_warn(logger, "only %llu files may be open: with many connections that is too few",
            (unsigned long long)limit.rlim_cur);
}

static void on_hang_up(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    daemon_reload(arg, NULL);
}

static void watch_signals(struct daemon *daemon)
{
    struct event_base *base = daemon->base;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit fails the write, and the ledger says so */
    daemon->on_term = evsignal_new(base, SIGTERM, on_stop, daemon);
    daemon->on_int = evsignal_new(base, SIGINT, on_stop, daemon);
    daemon->on_hup = evsignal_new(base, SIGHUP, on_hang_up, daemon);
    daemon->drain = event_new(base, -1, EV_PERSIST, on_drain, daemon);
    daemon->prune = evtimer_new(base, on_prune, daemon);
    if (!daemon->on_term || !daemon->on_int || !daemon->on_hup || !daemon->drain || !daemon->prune)
        mem_exhausted();
    event_add(daemon->on_term, NULL);
    event_add(daemon->on_int, NULL);
    event_add(daemon->on_hup, NULL);
}

/* Everything that needs no configuration but its secrets and its name. */
static void daemon_begin(struct daemon *daemon)
{
    daemon->secrets = secrets_create();
    secrets_learn(daemon->secrets, daemon->setup.config->secrets);
    daemon->logger = (struct logger){
        .threshold = (int)daemon->setup.config->log_level,
        .format = (int)daemon->setup.config->log_format,
        .is_journal = log_is_journal(),
        .secrets = daemon->secrets,
    };
    log_info(&daemon->logger, "tocsin " TOCSIN_VERSION " with %s", daemon->setup.config->file);
    daemon_log_warnings(daemon);
    raise_descriptor_limit(&daemon->logger);
    srandom((unsigned)clock_wall_ms() ^ (unsigned)getpid()); /* back-offs, unlike a neighbour's */
    daemon->base = loop_create();
    daemon->supervisor = supervisor_create(daemon->base, &daemon->logger);
    daemon->metrics = metrics_create();
    watch_signals(daemon);
    blame_log_as(&daemon->logger);
    blame_watch_loop();
}

static void daemon_end(struct daemon *daemon)
{
    event_free(daemon->on_term);
    event_free(daemon->on_int);
    event_free(daemon->on_hup);
    event_free(daemon->drain);
    event_free(daemon->prune);
    supervisor_destroy(daemon->supervisor);
    setup_finish(&daemon->setup);
    blame_log_as(NULL);
    event_base_free(daemon->base);
    metrics_destroy(daemon->metrics);
    secrets_destroy(daemon->secrets);
}

static void daemon_run(struct daemon *daemon)
{
    static const struct timeval at_once = {0, 0};

    daemon->pruned_ms = clock_mono_ms() - prune_ms;
    event_add(daemon->prune, &at_once);
    supervisor_ready(daemon->supervisor, daemon->journal, hook_listener_address(daemon->hooks));
    event_base_dispatch(daemon->base);
    supervisor_closing(daemon->supervisor);
    log_info(&daemon->logger, "stopped");
}

int cmd_serve(const struct command *command, int argc, char **argv)
{
    const char *given = NULL;
    const struct argument options[] = {{"-c", &given, NULL}};
    auto_error struct error error = {0};
    struct daemon daemon = {0};
    int status = EXIT_FINE;

    if (arguments_read(command, argc, argv, options, 1, NULL, 0) < 0)
        return EXIT_USAGE;
    umask(0077);
    daemon.file = arguments_config(given);
    bool ok = setup_load(&daemon.setup, daemon.file);
    if (!ok) {
        setup_print_problems(&daemon.setup);
        setup_finish(&daemon.setup);
        return EXIT_NO;
    }
    daemon_begin(&daemon);
    if (daemon_open(&daemon, &error)) {
        daemon_run(&daemon);
    } else {
        log_error(&daemon.logger, "%s", error_text(&error));
        status = EXIT_UNDONE;
    }
    if (!daemon_close(&daemon))
        _exit(status); /* what the lost threads use, exit handlers would take away */
    daemon_end(&daemon);
    return status;
}
