#include "cmd/plugin_check_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/system.h"
#include "probe/board.h"

enum {
    tick_ms = 20,
    valgrind_status = 99, /* how valgrind ends a process that misused memory */
    log_room = 16384,
    log_fd_there = 4,
};

/* There where mimalloc has taken malloc's place. */
extern int mi_version(void) __attribute__((weak));

static int memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

bool check_run_init(struct check_run *run, struct error *error)
{
    run->board_fd = memory_file("board");
    run->output_fd = memory_file("output");
    run->log_fd = memory_file("log");
    if (run->board_fd < 0 || run->output_fd < 0 || run->log_fd < 0 ||
        ftruncate(run->board_fd, sizeof *run->board) < 0)
        return error_set(error, "make room for findings: %s", strerror(errno));
    run->board =
        mmap(NULL, sizeof *run->board, PROT_READ | PROT_WRITE, MAP_SHARED, run->board_fd, 0);
    if (run->board != MAP_FAILED)
        return true;
    run->board = NULL;
    return error_set(error, "make room for findings: %s", strerror(errno));
}

void check_run_finish(struct check_run *run)
{
    const int fds[] = {run->board_fd, run->output_fd, run->log_fd};

    if (run->board)
        munmap(run->board, sizeof *run->board);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* The C library's malloc finds what is freed twice and says what is in use; what mimalloc does
 * instead is silent. What is freed is overwritten at once. */
static char **probe_environment(const struct check_run *run)
{
    static char preload[] = "LD_PRELOAD=libc.so.6",
                perturb[] = "GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0";
    size_t count = 0;

    while (environ[count])
        count++;
    char **variables = mem_alloc((count + 3) * sizeof *variables);
    memcpy(variables, environ, count * sizeof *variables);
    variables[count++] = perturb;
    if (!run->has_valgrind && mi_version)
        variables[count++] = preload;
    return variables;
}

static const char **probe_arguments(const struct check_run *run, const char *program)
{
    const char **words = mem_alloc((run->given_count * 2 + 16) * sizeof *words);
    size_t count = 0;

    if (run->has_valgrind) {
        static const char *const valgrind[] = {"valgrind", "--quiet", "--error-exitcode=99",
            "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--child-silent-after-fork=yes", "--num-callers=20", "--log-fd=4"};
        for (size_t i = 0; i < sizeof valgrind / sizeof *valgrind; i++)
            words[count++] = valgrind[i];
    }
    words[count++] = program;
    words[count++] = "plugin";
    words[count++] = "probe";
    words[count++] = run->file;
    for (size_t i = 0; i < run->given_count; i++)
        words[count++] = run->given[i];
    return words;
}

static bool start(const struct check_run *run, pid_t *pid, struct error *error)
{
    char program[4096] = "";
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0)
        return error_set(error, "find this program: %s", strerror(errno));
    const char **words = probe_arguments(run, program);
    char **variables = probe_environment(run);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, run->output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, run->output_fd, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, run->board_fd, PROBE_BOARD_FD);
    posix_spawn_file_actions_adddup2(&actions, run->log_fd, log_fd_there);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int status =
        run->has_valgrind
            ? posix_spawnp(pid, "valgrind", &actions, &attributes, (char **)words, variables)
            : posix_spawn(pid, program, &actions, &attributes, (char **)words, variables);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(words);
    free(variables);
    return status == 0 || error_set(error, "start %s: %s", run->has_valgrind ? "valgrind" : program,
                              strerror(status));
}

static bool is_overdue(const struct probe_board *board)
{
    int64_t began_ms = atomic_load(&board->call_began_ms);

    return began_ms && clock_mono_ms() - began_ms > board->call_patience_ms;
}

/* How it ended; *is_killed: by us, since a call did not come back. */
static int await(struct check_run *run, pid_t pid, bool *is_killed)
{
    struct pollfd wait = {.fd = system_watch_process(pid), .events = POLLIN};
    int status = 0;

    *is_killed = false;
    while (poll(&wait, 1, tick_ms) <= 0) {
        progress_note(&run->progress, 0, 0);
        if (!is_overdue(run->board))
            continue;
        *is_killed = true;
        kill(pid, SIGKILL);
        break;
    }
    progress_clear(&run->progress);
    kill(-pid, SIGKILL); /* whatever it started; while its number is still its own */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (wait.fd >= 0)
        close(wait.fd);
    return status;
}

/* What a memory file holds, its last room bytes; the caller frees it. */
static char *read_tail(int fd)
{
    struct stat status = {0};

    fstat(fd, &status);
    off_t from = status.st_size > log_room ? status.st_size - log_room : 0;
    char *text = mem_alloc(log_room + 1);
    ssize_t len = pread(fd, text, log_room, from);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

/* What a sanitizer or valgrind says first, and where; "" where neither spoke. */
static char *find_report(const char *text)
{
    static const char *const words[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
        "WARNING: ThreadSanitizer", "runtime error: ", "==ERROR"};
    struct buf report = {0};

    for (size_t i = 0; i < sizeof words / sizeof *words && report.len == 0; i++) {
        const char *at = strstr(text, words[i]);
        if (at)
            buf_append(&report, at, strnlen(at, 400));
    }
    return buf_take(&report);
}

static void tell_memory(struct probe_board *board, const char *call, const char *report)
{
    probe_board_find(board, CHECK_MEMORY, "%s: %.400s", call, report);
}

static void tell_death(const struct check_run *run, int status, const char *call)
{
    auto_free char *output = read_tail(run->output_fd), *report = find_report(output);
    struct probe_board *board = run->board;
    enum probe_check check = board->call_check == CHECK_LOAD ? CHECK_LOAD : CHECK_CALLS;
    const char *words = *output ? "; it had written: " : "";

    if (*report)
        tell_memory(board, call, report);
    else if (WIFSIGNALED(status))
        probe_board_find(board, check, "%s died by SIG%s%s%.200s", call,
            system_signal_name(WTERMSIG(status)), words, output);
    else
        probe_board_find(board, check,
            "%s ended the process, by exit status %d: a plugin returns, whatever happens%s%.200s",
            call, WEXITSTATUS(status), words, output);
}

/* At its end, after all was done: a sanitizer, valgrind or a destructor. */
static void tell_end(const struct check_run *run, int status)
{
    auto_free char *output = read_tail(run->output_fd), *report = find_report(output);
    auto_free char *log = read_tail(run->log_fd);

    if (*report)
        tell_memory(run->board, "at the end of the process", report);
    else if (run->has_valgrind && WIFEXITED(status) && WEXITSTATUS(status) == valgrind_status)
        tell_memory(run->board, "valgrind", log);
    else if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
        tell_death(run, status, "the end of the process");
}

static void tell_hang(struct probe_board *board, const char *call)
{
    bool is_deadline = strcmp(board->call, "deliver") == 0;

    probe_board_find(board, is_deadline ? CHECK_DEADLINE : CHECK_CALLS,
        "%s did not come back within %lld ms, and was ended: %s", call,
        (long long)board->call_patience_ms,
        is_deadline ? "wait with host->wait, which knows the deadline" : "it must not block");
}

static void tell(const struct check_run *run, int status, bool is_killed)
{
    struct probe_board *board = run->board;
    auto_free char *call = text_format("`%s`%s%s", *board->call ? board->call : "the probe",
        *board->call_with ? " with " : "", board->call_with);

    if (is_killed)
        tell_hang(board, call);
    else if (board->is_whole)
        tell_end(run, status);
    else
        tell_death(run, status, call);
}

static unsigned next_groups(const struct check_run *run, unsigned left)
{
    /* Under valgrind a start is what takes time. */
    return run->has_valgrind ? left : left & -left;
}

bool check_run_groups(struct check_run *run, unsigned groups, struct error *error)
{
    struct probe_board *board = run->board;
    unsigned left = groups;

    progress_begin(&run->progress, "checking the plugin");
    while (left && !*board->undone) {
        bool is_killed;
        pid_t pid = -1;
        unsigned now = next_groups(run, left);
        board->groups = now;
        board->groups_done = 0;
        board->is_whole = false;
        board->call[0] = board->call_with[0] = '\0';
        atomic_store(&board->call_began_ms, 0);
        if (ftruncate(run->output_fd, 0) < 0 || lseek(run->output_fd, 0, SEEK_SET) < 0 ||
            ftruncate(run->log_fd, 0) < 0 || lseek(run->log_fd, 0, SEEK_SET) < 0)
            return error_set(error, "make room for output: %s", strerror(errno));
        if (!start(run, &pid, error))
            return false;
        int status = await(run, pid, &is_killed);
        tell(run, status, is_killed);
        if (board->is_whole)
            left &= ~now;
        else
            left &= ~(board->groups_done | (now & -now & ~board->groups_done));
        if (is_killed || probe_board_count(board, CHECK_DEADLINE) > 0)
            return true; /* each further wait would cost as much again */
    }
    return true;
}
