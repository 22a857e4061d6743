#include "lane/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/system.h"

enum {
    most_words = 8,
    most_said = 2048,
    most_reads = 64,
    stop_patience_ms = 1000,
    last_breath_ms = 500, /* between a closed socket and the end of its process */
    look_ms = 2,
    longest_wait_ms = 600000,
};

static const char program[] = "/proc/self/exe"; /* also when its file was replaced meanwhile */

/* What a plugin may read there. Secrets come to tocsin by the environment, so that it is not handed
 * on as it is. */
static const char *const kept_variables[] = {"PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ",
    "TZDIR", "TMPDIR", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_TIME", "LD_LIBRARY_PATH",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "KRB5CCNAME", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS",
    "TSAN_OPTIONS"};

enum {
    kept_count = sizeof kept_variables / sizeof *kept_variables,
};

struct environment {
    char *entries[kept_count + 1];
};

static void environment_make(struct environment *environment)
{
    size_t count = 0;

    for (size_t i = 0; i < kept_count; i++) {
        const char *value = getenv(kept_variables[i]);
        if (value)
            environment->entries[count++] = text_format("%s=%s", kept_variables[i], value);
    }
    environment->entries[count] = NULL;
}

static void environment_finish(struct environment *environment)
{
    for (size_t i = 0; environment->entries[i]; i++)
        free(environment->entries[i]);
}

/* Its side of the socket and of the pipe. */
struct far_side {
    int socket, output;
};

static void set_files(posix_spawn_file_actions_t *files, const struct far_side *far)
{
    posix_spawn_file_actions_init(files);
    /* The pipe first: the socket may lie where it goes to. */
    posix_spawn_file_actions_adddup2(files, far->output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(files, far->socket, CHILD_SOCKET);
    posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
}

/* No signal is ignored, blocked or caught in it; and it stands in a group of its own, so that a
 * terminal's ^C does not come to it, and all of it can be killed. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

static int spawn(pid_t *pid, const char *const *argv, const struct far_side *far)
{
    char *words[most_words + 2] = {(char *)(uintptr_t) "tocsin"};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    struct environment environment;

    for (size_t i = 0; i < most_words && argv[i]; i++)
        words[i + 1] = (char *)(uintptr_t)argv[i];
    environment_make(&environment);
    set_files(&files, far);
    set_attributes(&attributes);
    int fault = posix_spawn(pid, program, &files, &attributes, words, environment.entries);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    environment_finish(&environment);
    return fault;
}

/* Above the numbers that mean something in the child. */
static int move_up(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_SOCKET + 1);

    close(fd);
    return moved;
}

static bool open_ways(int sockets[2], int pipes[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
        return false;
    if (pipe2(pipes, O_CLOEXEC) < 0) {
        close(sockets[0]);
        close(sockets[1]);
        return false;
    }
    sockets[1] = move_up(sockets[1]);
    pipes[1] = move_up(pipes[1]);
    return sockets[1] >= 0 && pipes[1] >= 0;
}

bool child_start(struct child *child, const char *const *argv, struct error *error)
{
    int sockets[2] = {-1, -1}, pipes[2] = {-1, -1};

    if (!open_ways(sockets, pipes))
        return error_set(error, "make a socket for a process of its own: %s", strerror(errno));
    const struct far_side far = {sockets[1], pipes[1]};
    child->socket = sockets[0];
    child->output = pipes[0];
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    child->end[0] = '\0';
    int fault = spawn(&child->pid, argv, &far);
    close(far.socket);
    close(far.output);
    if (!fault) {
        child->process = system_watch_process(child->pid);
        return true;
    }
    child->pid = 0;
    close(child->socket);
    close(child->output);
    return error_set(error, "start a process of its own: %s", strerror(fault));
}

/* Keeps the end of it: the last words are those that tell why. */
static void keep_said(struct buf *said, const char *bytes, size_t len)
{
    buf_append(said, bytes, len);
    if (said->len <= most_said)
        return;
    memmove(said->data, said->data + said->len - most_said, most_said + 1);
    said->len = most_said;
}

/* One read, so that whoever writes for ever holds nobody up. False: there is nothing now. */
static bool hear(struct child *child)
{
    char bytes[4096];
    ssize_t n = child->output < 0 ? 0 : read(child->output, bytes, sizeof bytes);

    if (n > 0)
        keep_said(&child->said, bytes, (size_t)n);
    if (n == 0 && child->output >= 0) { /* nobody can write any more */
        close(child->output);
        child->output = -1;
    }
    return n > 0;
}

static void describe_end(struct child *child, int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (!number)
        snprintf(
            child->end, sizeof child->end, "ended by itself with status %d", WEXITSTATUS(status));
    else
        snprintf(child->end, sizeof child->end, "was ended by signal %d (%s)", number,
            system_signal_words(number));
}

static void let_go(struct child *child)
{
    for (int i = 0; i < most_reads && hear(child); i++)
        ;
    close(child->socket);
    if (child->output >= 0)
        close(child->output);
    if (child->process >= 0)
        close(child->process);
    frame_inbox_finish(&child->inbox);
    child->pid = 0;
}

/* Whether it has ended; it is not taken away yet, so that its number is nobody else's. */
static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT | WNOHANG) < 0 ||
           info.si_pid == child->pid;
}

static bool ends_by(const struct child *child, int64_t until_ms)
{
    const struct timespec pause = {.tv_nsec = look_ms * 1000000L};

    while (!has_ended(child)) {
        if (clock_mono_ms() >= until_ms)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

void child_kill(struct child *child, const char *why)
{
    int status = 0;

    if (!child->pid)
        return;
    bool by_itself = ends_by(child, why ? 0 : clock_mono_ms() + last_breath_ms);
    kill(-child->pid, SIGKILL); /* what it left in its group too */
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (by_itself)
        describe_end(child, status);
    else
        snprintf(child->end, sizeof child->end, "%s", why ? why : "closed its socket to tocsin");
    let_go(child);
}

void child_see_off(struct child *child, int64_t until_ms)
{
    if (child->pid)
        ends_by(child, until_ms);
    child_kill(child, "did not end when it was told to");
}

bool child_look(struct child *child)
{
    struct pollfd fds[] = {
        {.fd = child->socket, .events = POLLIN}, {.fd = child->output, .events = POLLIN}};

    if (!child->pid)
        return false;
    poll(fds, 2, 0);
    if (fds[0].revents & POLLHUP || has_ended(child))
        child_kill(child, NULL);
    else if (fds[0].revents)
        child_kill(child, "spoke without being asked");
    else if (fds[1].revents)
        hear(child);
    return child->pid != 0;
}

static bool kill_by(struct child *child, enum frame_fate fate)
{
    child_kill(child, fate == FRAME_NOT_YET  ? "did not take what it was to be told"
                      : fate == FRAME_BROKEN ? "was to be told more than can be"
                                             : NULL);
    return false;
}

bool child_send(struct child *child, struct buf *frame, int64_t until_ms)
{
    enum frame_fate fate = frame_send(child->socket, frame, until_ms);

    return fate == FRAME_HERE || kill_by(child, fate);
}

static void tell_to_stop(struct child *child, struct child_patience *patience)
{
    auto_buf struct buf frame = {0};
    int64_t soon_ms = clock_mono_ms() + stop_patience_ms;

    patience->is_stopping = true;
    if (soon_ms < patience->until_ms)
        patience->until_ms = soon_ms;
    frame_begin(&frame, patience->stop_kind);
    frame_send(child->socket, &frame, patience->until_ms);
}

/* False: time is up. */
static bool wait_for_word(struct child *child, struct child_patience *patience)
{
    int64_t left_ms = patience->until_ms - clock_mono_ms();
    struct pollfd fds[] = {
        {.fd = child->socket, .events = POLLIN},
        {.fd = child->output, .events = POLLIN},
        {.fd = patience->is_stopping ? -1 : patience->stop_fd, .events = POLLIN},
        {.fd = child->process, .events = POLLIN},
    };

    if (left_ms <= 0)
        return false;
    poll(fds, 4, (int)(left_ms < longest_wait_ms ? left_ms : longest_wait_ms));
    if (fds[1].revents)
        hear(child);
    if (fds[2].revents)
        tell_to_stop(child, patience);
    return true;
}

/* One that has ended will not say more, though what it left behind may hold its socket open. */
static enum frame_fate read_on(struct child *child, uint8_t *kind, const char **data, size_t *len)
{
    bool is_over = has_ended(child);
    enum frame_fate fate = frame_read(&child->inbox, child->socket);

    if (fate == FRAME_HERE)
        return frame_next(&child->inbox, kind, data, len);
    return fate == FRAME_NOT_YET && is_over ? FRAME_CLOSED : fate;
}

bool child_receive(struct child *child, struct child_patience *patience, uint8_t *kind,
    const char **data, size_t *len)
{
    enum frame_fate fate = frame_next(&child->inbox, kind, data, len);

    while (fate == FRAME_NOT_YET) {
        if (!wait_for_word(child, patience)) {
            child_kill(child, patience->is_stopping ? "did not come back while tocsin stopped"
                                                    : "did not answer in time");
            return false;
        }
        fate = read_on(child, kind, data, len);
    }
    if (fate != FRAME_HERE)
        child_kill(child, fate == FRAME_BROKEN ? "sent what is no frame" : NULL);
    return fate == FRAME_HERE;
}

void child_finish(struct child *child)
{
    child_kill(child, "is not wanted any more");
    buf_finish(&child->said);
}
