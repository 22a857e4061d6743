/* Drills by this process, without a daemon or a ledger. */
#ifndef TOCSIN_CMD_DRILL_RUN_H
#define TOCSIN_CMD_DRILL_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "event/view.h"

struct error;
struct setup;

struct drill_run {
    struct setup *setup;      /* its sinks were not started */
    const char *const *names; /* each of them is there */
    size_t name_count;
    enum view_level level;
    const char *by;
    bool is_probe; /* nothing is sent */
    /* A report (borrowed), in the order of the names. */
    void (*told)(const json_t *report, void *arg);
    void *arg;
};

enum drill_run_end {
    DRILL_RUN_WHOLE,
    DRILL_RUN_INTERRUPTED, /* by a signal: some were not told */
    DRILL_RUN_FAILED,      /* with the reason; none was sent */
};

/* Sends all of them at once and waits for the outcomes. Finishes the setup, unless a thread did not
 * come back (*is_lost): it may go on using all of it, and the process must end by _exit(). */
enum drill_run_end drill_run(const struct drill_run *run, bool *is_lost, struct error *error);

#endif
