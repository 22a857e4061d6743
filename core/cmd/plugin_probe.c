/* What `tocsin plugin check` starts, and nobody else: a process that a plugin may bring down. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/command.h"
#include "probe/probe.h"
#include "probe/board.h"

int cmd_plugin_probe(const struct command *command, int argc, char **argv)
{
    struct stat status;
    struct probe_board *board = MAP_FAILED;

    if (argc > 0 && fstat(PROBE_BOARD_FD, &status) == 0 && status.st_size == sizeof *board)
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, PROBE_BOARD_FD, 0);
    if (board == MAP_FAILED)
        return command_usage(command, "this is for `tocsin plugin check` to start");
    close(PROBE_BOARD_FD); /* whatever the plugin writes there must not hit the board */
    unsetenv("LD_PRELOAD");
    unsetenv("GLIBC_TUNABLES");
    signal(SIGPIPE, SIG_IGN);         /* as the daemon has it */
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what the plugin leaves behind comes to us */
    probe_run(board, argv[0], (const char *const *)argv + 1, (size_t)argc - 1);
    return EXIT_FINE;
}
