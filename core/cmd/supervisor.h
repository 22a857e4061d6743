/* The service manager that started the daemon: what it is told of the daemon's life, as
 * sd_notify(3) says it, and the watchdog, which is how it learns that the daemon is stuck
 * (sd_watchdog_enabled(3), WatchdogSec= in systemd.service(5)). Belongs to the loop's thread.
 *
 * Every call takes NULL: nobody asked to be told, or tocsin was built without libsystemd. */
#ifndef TOCSIN_CMD_SUPERVISOR_H
#define TOCSIN_CMD_SUPERVISOR_H

#include <stdbool.h>

struct event_base;
struct journal;
struct logger;
struct supervisor;

/* Looks into the environment for who wants to be told; the logger is borrowed. */
struct supervisor *supervisor_create(struct event_base *base, const struct logger *logger);
void supervisor_destroy(struct supervisor *supervisor);

/* The ledger is open and the hooks listen there ("127.0.0.1:8080"; borrowed, as the journal is).
 * From now on the watchdog is fed at half of its time: by the loop, so that a loop that is stuck
 * starves it, and while the ledger answers (supervisor.c says how long it may be silent). */
void supervisor_ready(
    struct supervisor *supervisor, struct journal *journal, const char *hooks_address);

/* Around the loading of another configuration. */
void supervisor_reloading(struct supervisor *supervisor);
void supervisor_reloaded(struct supervisor *supervisor, bool taken_over);

/* What is under way is waited for. */
void supervisor_stopping(struct supervisor *supervisor);

/* The loop turns no more; what still closes takes as long as the manager's time for a stop. */
void supervisor_closing(struct supervisor *supervisor);

#endif
