#include "probe/state.h"

#include <dirent.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/system.h"
#include "build_config.h"
#include "probe/board.h"

enum {
    most_descriptors = 1024,
    most_signals = 65,
    moment_ms = 1000, /* for what ends by itself */
};

struct probe_state {
    bool is_open[most_descriptors];
    size_t threads;
    char *folder, *locale, *environment;
    mode_t umask;
    void (*handlers[most_signals])(int);
};

/* There where a sanitizer has taken malloc's place. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

size_t probe_heap_in_use(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
#if HAVE_MALLINFO2
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

static size_t count_threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    size_t count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count > 2 ? count - 2 : 0; /* . and .. */
}

static void list_descriptors(bool *is_open)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        long fd = strtol(entry->d_name, NULL, 10);
        if (*entry->d_name != '.' && fd != dirfd(folder) && fd >= 0 && fd < most_descriptors)
            is_open[fd] = true;
    }
    if (folder)
        closedir(folder);
}

static char *write_environment(void)
{
    struct buf text = {0};

    for (char **variable = environ; variable && *variable; variable++)
        buf_printf(&text, "%s\n", *variable);
    return buf_take(&text);
}

static mode_t read_umask(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return mask;
}

struct probe_state *probe_state_create(void)
{
    struct probe_state *state = mem_alloc(sizeof *state);
    struct sigaction action;

    state->threads = count_threads();
    state->folder = getcwd(NULL, 0);
    state->locale = text_copy(setlocale(LC_ALL, NULL));
    state->environment = write_environment();
    state->umask = read_umask();
    for (int i = 1; i < most_signals; i++)
        if (sigaction(i, NULL, &action) == 0)
            state->handlers[i] = action.sa_handler;
    list_descriptors(state->is_open);
    return state;
}

void probe_state_destroy(struct probe_state *state)
{
    if (!state)
        return;
    free(state->folder);
    free(state->locale);
    free(state->environment);
    free(state);
}

/* A child of ours, or what a child of ours left to us. */
static bool has_children(void)
{
    siginfo_t info = {0};

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void await_ends(size_t threads)
{
    int64_t until_ms = clock_mono_ms() + moment_ms;

    while ((count_threads() > threads || has_children()) && clock_mono_ms() < until_ms)
        poll(NULL, 0, 5);
}

static void compare_descriptors(const bool *before, struct probe_board *board)
{
    bool now[most_descriptors] = {0};
    size_t count = 0;
    int first = -1;

    list_descriptors(now);
    for (int i = 0; i < most_descriptors; i++) {
        if (!now[i] || before[i])
            continue;
        first = count++ == 0 ? i : first;
    }
    if (count == 0)
        return;
    auto_free char *link = text_format("/proc/self/fd/%d", first);
    char target[200] = "";
    ssize_t len = readlink(link, target, sizeof target - 1);
    target[len > 0 ? len : 0] = '\0';
    probe_board_find(board, CHECK_LEFTOVERS,
        "after `close` %zu descriptor%s still open, such as %s: close what was opened", count,
        count == 1 ? " is" : "s are", target);
}

static void compare_handlers(const struct probe_state *before, struct probe_board *board)
{
    struct sigaction action;

    for (int i = 1; i < most_signals; i++)
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler != before->handlers[i])
            probe_board_find(board, CHECK_LEFTOVERS,
                "what SIG%s does was changed, which is the host's to say: leave signals alone",
                system_signal_name(i));
}

static void compare_text(
    struct probe_board *board, const char *before, const char *now, const char *what)
{
    if (!text_equals(before, now))
        probe_board_find(board, CHECK_LEFTOVERS,
            "%s was changed, which the whole process shares: leave it alone", what);
}

void probe_state_compare(const struct probe_state *before, struct probe_board *board)
{
    await_ends(before->threads);
    struct probe_state *now = probe_state_create();

    if (now->threads > before->threads)
        probe_board_find(board, CHECK_LEFTOVERS,
            "after `close` %zu thread%s still running: join what was started",
            now->threads - before->threads, now->threads - before->threads == 1 ? " is" : "s are");
    if (has_children())
        probe_board_find(board, CHECK_LEFTOVERS,
            "after `close` a process that was started is still there: end it and wait for it");
    compare_descriptors(before->is_open, board);
    compare_handlers(before, board);
    compare_text(board, before->folder, now->folder, "the current folder");
    compare_text(board, before->locale, now->locale, "the locale");
    compare_text(board, before->environment, now->environment, "the environment");
    if (now->umask != before->umask)
        probe_board_find(board, CHECK_LEFTOVERS,
            "the umask was changed, which the whole process shares: leave it alone");
    probe_state_destroy(now);
}
