/* Runs probes of a plugin, each in a process of its own, and sees to it that none stays. */
#ifndef TOCSIN_CMD_PLUGIN_CHECK_RUN_H
#define TOCSIN_CMD_PLUGIN_CHECK_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/progress.h"

struct error;
struct probe_board;

struct check_run {
    const char *file;
    const char *const *given; /* "key=value" */
    size_t given_count;
    bool has_valgrind;
    int board_fd, output_fd, log_fd; /* memory files */
    struct probe_board *board;       /* what is shared with each probe */
    struct progress progress;        /* of the probes that run now */
};

/* False with the reason. */
bool check_run_init(struct check_run *run, struct error *error);
void check_run_finish(struct check_run *run);

/* Has the groups (bits) done, in as few processes as the plugin lets live; how each of them ended,
 * if not well, is a finding on the board. False with the reason where no process can be started. */
bool check_run_groups(struct check_run *run, unsigned groups, struct error *error);

#endif
