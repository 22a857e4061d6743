/* A disk that hangs must not look like a daemon that is stuck: to be killed makes no disk faster,
 * and what was under way counts as lost each time. So the ledger's silence starves the watchdog
 * only when it has lasted many times as long as a stuck loop may; before that it is told and
 * logged. */
#include "cmd/supervisor.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "build_config.h"
#include "store/journal.h"

#if HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

enum {
    meals_a_period = 2,
    ledger_periods = 10, /* of the watchdog's: five minutes at WatchdogSec=30 */
};

struct supervisor {
    struct event_base *base;
    const struct logger *logger;
    struct journal *journal;
    const char *hooks_address;
    bool is_refused;    /* the configuration, as its files are now */
    int64_t period_ms;  /* the watchdog's; 0: it does not watch */
    struct event *meal; /* NULL where it does not watch */
    int64_t asked_ms;   /* when the ledger was asked what it has not answered; 0: nothing */
    bool is_silence_told;
};

#if HAVE_SYSTEMD

/* It may have gone away: nobody is any worse off for that. */
#define tell(...) (void)sd_notifyf(0, __VA_ARGS__)

static bool is_wanted(const struct logger *logger)
{
    (void)logger;
    return getenv("NOTIFY_SOCKET") != NULL;
}

/* The variables go, so that no process that is started takes them for its own. */
static int64_t watchdog_ms(void)
{
    uint64_t period_us = 0;

    return sd_watchdog_enabled(1, &period_us) > 0 ? (int64_t)(period_us / 1000) : 0;
}

#else

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    (void)format; /* nobody is: supervisor_create() makes none */
}

static bool is_wanted(const struct logger *logger)
{
    if (getenv("NOTIFY_SOCKET"))
        log_warn(logger,
            "a service manager waits to be told that tocsin is ready, and this one was "
            "built without libsystemd: say Type=exec in the unit, and no WatchdogSec=");
    return false;
}

static int64_t watchdog_ms(void)
{
    return 0;
}

#endif

struct supervisor *supervisor_create(struct event_base *base, const struct logger *logger)
{
    if (!is_wanted(logger))
        return NULL;
    struct supervisor *supervisor = mem_alloc(sizeof *supervisor);

    supervisor->base = base;
    supervisor->logger = logger;
    supervisor->period_ms = watchdog_ms();
    tell("STATUS=opening the ledger");
    return supervisor;
}

void supervisor_destroy(struct supervisor *supervisor)
{
    if (!supervisor)
        return;
    if (supervisor->meal)
        event_free(supervisor->meal);
    free(supervisor);
}

static const char *refusal(const struct supervisor *supervisor)
{
    return supervisor->is_refused
               ? "; the configuration as its files are now is refused: tocsin status says why"
               : "";
}

static void tell_serving(const struct supervisor *supervisor)
{
    tell("STATUS=serving hooks on %s%s", supervisor->hooks_address, refusal(supervisor));
}

static int64_t silence_ms(const struct supervisor *supervisor)
{
    return supervisor->asked_ms ? clock_mono_ms() - supervisor->asked_ms : 0;
}

static void on_ledger_answered(
    const struct error *error, const struct store_note *notes, size_t count, void *arg)
{
    struct supervisor *supervisor = arg;

    (void)error, (void)notes, (void)count; /* a ledger that says no is not stuck */
    if (supervisor->is_silence_told) {
        log_info(supervisor->logger, "the ledger answers again, after %" PRId64 " ms",
            silence_ms(supervisor));
        tell_serving(supervisor);
    }
    supervisor->is_silence_told = false;
    supervisor->asked_ms = 0;
}

/* Notes of that name there are none: it costs the ledger nothing but its turn. */
static void ask_ledger(struct supervisor *supervisor)
{
    struct journal *journal = supervisor->journal;

    supervisor->asked_ms = clock_mono_ms();
    journal->ops->note_list(journal, "watchdog/", on_ledger_answered, supervisor);
}

static void tell_silence(struct supervisor *supervisor)
{
    int64_t lasted_ms = silence_ms(supervisor);

    tell("STATUS=the ledger has not answered for %" PRId64 " s: look at its disk%s",
        lasted_ms / 1000, refusal(supervisor));
    if (supervisor->is_silence_told)
        return;
    supervisor->is_silence_told = true;
    log_warn(supervisor->logger,
        "the ledger has not answered for %" PRId64
        " ms: its disk hangs or is very slow; after %" PRId64
        " s the watchdog is left to end tocsin",
        lasted_ms, supervisor->period_ms * ledger_periods / 1000);
}

static void on_meal(evutil_socket_t fd, short what, void *arg)
{
    struct supervisor *supervisor = arg;

    (void)fd, (void)what;
    if (silence_ms(supervisor) >= supervisor->period_ms)
        tell_silence(supervisor);
    if (silence_ms(supervisor) >= supervisor->period_ms * ledger_periods)
        return;
    tell("WATCHDOG=1");
    if (!supervisor->asked_ms)
        ask_ledger(supervisor);
}

/* Before all else that is ready: a loop that has much to do is not stuck. */
static void watch(struct supervisor *supervisor)
{
    const struct timeval period = clock_timeval(supervisor->period_ms / meals_a_period);

    supervisor->meal = event_new(supervisor->base, -1, EV_PERSIST, on_meal, supervisor);
    if (!supervisor->meal || event_priority_set(supervisor->meal, 0) < 0)
        mem_exhausted();
    event_add(supervisor->meal, &period);
}

void supervisor_ready(
    struct supervisor *supervisor, struct journal *journal, const char *hooks_address)
{
    if (!supervisor)
        return;
    supervisor->journal = journal;
    supervisor->hooks_address = hooks_address;
    tell("READY=1\nSTATUS=serving hooks on %s", hooks_address);
    if (supervisor->period_ms)
        watch(supervisor);
}

void supervisor_reloading(struct supervisor *supervisor)
{
    if (supervisor)
        tell("RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=loading the configuration",
            clock_mono_us());
}

void supervisor_reloaded(struct supervisor *supervisor, bool taken_over)
{
    if (!supervisor)
        return;
    supervisor->is_refused = !taken_over;
    tell("READY=1\nSTATUS=serving hooks on %s%s", supervisor->hooks_address, refusal(supervisor));
}

void supervisor_stopping(struct supervisor *supervisor)
{
    if (supervisor)
        tell("STOPPING=1\nSTATUS=ending what is under way");
}

void supervisor_closing(struct supervisor *supervisor)
{
    if (supervisor)
        tell("STOPPING=1\nWATCHDOG_USEC=0\nSTATUS=closing the ledger");
}
