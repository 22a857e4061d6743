#include "cmd/errand.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/system.h"

enum {
    most_words = 16,
    most_read = 8 << 20, /* bytes of what it wrote */
    niceness = 10,
};

static const char program[] = "/proc/self/exe"; /* also when its file was replaced meanwhile */

struct errand {
    pid_t pid;
    int process;        /* readable once it has ended */
    int in, out, error; /* memory files */
    struct event *ended;
    errand_done done;
    void *arg;
};

static bool open_files(struct errand *errand, const struct errand_order *order)
{
    errand->in = memfd_create("in", MFD_CLOEXEC);
    errand->out = memfd_create("out", MFD_CLOEXEC);
    errand->error = memfd_create("error", MFD_CLOEXEC);
    return errand->in >= 0 && errand->out >= 0 && errand->error >= 0 &&
           write(errand->in, order->input, order->input_len) == (ssize_t)order->input_len &&
           lseek(errand->in, 0, SEEK_SET) == 0;
}

/* The daemon ignores SIGPIPE and handles others: none of that is handed on. */
static int spawn(struct errand *errand, const struct errand_order *order)
{
    char *words[most_words + 2] = {(char *)(uintptr_t) "tocsin"};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;

    for (size_t i = 0; i < most_words && order->words[i]; i++)
        words[i + 1] = (char *)(uintptr_t)order->words[i];
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, errand->in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, errand->out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, errand->error, STDERR_FILENO);
    if (order->folder)
        posix_spawn_file_actions_addchdir_np(&files, order->folder);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    int fault = posix_spawn(&errand->pid, program, &files, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return fault;
}

static char *read_all(int file)
{
    struct buf text = {0};
    char chunk[16 << 10];
    off_t at = 0;
    ssize_t n;

    while (at < most_read && (n = pread(file, chunk, sizeof chunk, at)) > 0) {
        buf_append(&text, chunk, (size_t)n);
        at += n;
    }
    return buf_take(&text);
}

/* Its exit status, or -1. */
static int reap(const struct errand *errand)
{
    int status = 0;

    kill(-errand->pid, SIGKILL); /* all of it, whether it has ended or takes too long */
    while (waitpid(errand->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void close_file(int file)
{
    if (file >= 0)
        close(file);
}

static void errand_free(struct errand *errand)
{
    if (errand->ended)
        event_free(errand->ended);
    close_file(errand->process);
    close_file(errand->in);
    close_file(errand->out);
    close_file(errand->error);
    free(errand);
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
    struct errand *errand = arg;
    int status = reap(errand);
    auto_free char *out = read_all(errand->out), *error = read_all(errand->error);
    const struct errand_end end = {what & EV_TIMEOUT ? -1 : status, out, error};

    (void)fd;
    errand->done(&end, errand->arg);
    errand_free(errand);
}

static bool start(struct errand *errand, struct event_base *base, const struct errand_order *order,
    struct error *error)
{
    const struct timeval patience = {order->timeout_ms / 1000, order->timeout_ms % 1000 * 1000L};

    if (!open_files(errand, order))
        return error_set(error, "make files in memory: %s", strerror(errno));
    int fault = spawn(errand, order);
    if (fault)
        return error_set(error, "start a process for it: %s", strerror(fault));
    setpriority(PRIO_PROCESS, (id_t)errand->pid, niceness);
    errand->process = system_watch_process(errand->pid);
    if (errand->process < 0) {
        reap(errand);
        return error_set(error, "watch a process: %s", strerror(errno));
    }
    errand->ended = event_new(base, errand->process, EV_READ, on_ended, errand);
    if (!errand->ended)
        mem_exhausted();
    event_add(errand->ended, &patience);
    return true;
}

struct errand *errand_start(struct event_base *base, const struct errand_order *order,
    errand_done done, void *arg, struct error *error)
{
    struct errand *errand = mem_alloc(sizeof *errand);

    *errand = (struct errand){.process = -1, .in = -1, .out = -1, .error = -1};
    errand->done = done;
    errand->arg = arg;
    if (start(errand, base, order, error))
        return errand;
    errand_free(errand);
    return NULL;
}

void errand_destroy(struct errand *errand)
{
    if (!errand)
        return;
    reap(errand);
    errand_free(errand);
}
