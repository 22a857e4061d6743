#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tocsin/sink.h>

enum {
    GRACE_MS = 1000, /* between SIGTERM and SIGKILL */
    BLIND_MS = 20,   /* between looks at a process, where the kernel gives no handle of it */
    LAST_MS = 500,   /* from SIGKILL to the end of a process that the kernel holds on to */
    AT_ONCE = 65536, /* bytes that are read or written in one go */
    MAX_ARGUMENTS = 256,
    HOST_READABLE = 1,
};

static const char search_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* A program at work. Descriptors are -1 when they are closed. */
struct run {
    struct tocsin_call *call;
    const struct program *program;
    pid_t pid;
    int watch;  /* epoll: one descriptor to wait for all of them */
    int handle; /* of the process: readable at its end */
    int input, output, complaint;
    size_t written, output_len, complaint_len;
    char *output_text, *complaint_text;
};

const char *program_fault(const struct tocsin_list *command, const struct tocsin_map *environment)
{
    if (command->count == 0 || !*command->items[0])
        return "empty; name a program and its arguments: [/usr/local/bin/notify, --now]";
    if (command->count > MAX_ARGUMENTS)
        return "more than 256 arguments";
    if (strchr(command->items[0], '/') && *command->items[0] != '/')
        return "a program with a slash in its name must be named with its whole path, from / on";
    if (!strchr(command->items[0], '/') && strpbrk(command->items[0], " \t"))
        return "there is no shell here: each argument is an item of the list";
    for (size_t i = 0; i < environment->count; i++)
        if (!*environment->items[i].key || strchr(environment->items[i].key, '='))
            return "a variable's name is empty or has a = in it";
    return NULL;
}

static char **arguments_create(struct tocsin_call *call, const struct tocsin_list *command)
{
    char **arguments = call->host->alloc(call, (command->count + 1) * sizeof *arguments);

    for (size_t i = 0; i < command->count; i++)
        arguments[i] = call->host->format(call, "%s", command->items[i]);
    return arguments;
}

static bool is_named(const struct tocsin_map *environment, const char *name)
{
    for (size_t i = 0; i < environment->count; i++)
        if (strcmp(environment->items[i].key, name) == 0)
            return true;
    return false;
}

/* Nothing of the daemon's own environment, which may hold secrets. */
static char **environment_create(struct tocsin_call *call, const struct tocsin_map *environment)
{
    static const struct tocsin_pair usual[] = {
        {"PATH", search_path}, {"HOME", "/"}, {"LANG", "C.UTF-8"}};
    size_t count = 0;
    char **variables = call->host->alloc(
        call, (environment->count + sizeof usual / sizeof *usual + 1) * sizeof *variables);

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!is_named(environment, usual[i].key))
            variables[count++] = call->host->format(call, "%s=%s", usual[i].key, usual[i].value);
    for (size_t i = 0; i < environment->count; i++)
        variables[count++] = call->host->format(
            call, "%s=%s", environment->items[i].key, environment->items[i].value);
    return variables;
}

/* Where a program without a slash in its name stands along its own PATH; posix_spawnp() would look
 * along the daemon's. */
static const char *find_file(struct tocsin_call *call, const char *name, char *const *variables)
{
    const char *path = "";

    if (strchr(name, '/'))
        return name;
    for (; *variables; variables++)
        if (strncmp(*variables, "PATH=", strlen("PATH=")) == 0)
            path = *variables + strlen("PATH=");
    while (*path) {
        size_t len = strcspn(path, ":");
        const char *file = call->host->format(call, "%.*s/%s", (int)len, path, name);
        if (access(file, X_OK) == 0)
            return file;
        path += len + (path[len] == ':');
    }
    return name;
}

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Both ends of the three pipes; what is the program's is closed here after it was started. */
struct pipes {
    int input[2], output[2], complaint[2];
};

static void pipes_close(struct pipes *pipes)
{
    int *ends[] = {pipes->input, pipes->output, pipes->complaint};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        drop(&ends[i][0]);
        drop(&ends[i][1]);
    }
}

static int pipes_open(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->input, O_CLOEXEC) == 0 && pipe2(pipes->output, O_CLOEXEC) == 0 &&
        pipe2(pipes->complaint, O_CLOEXEC) == 0)
        return 0;
    int error = errno;
    pipes_close(pipes);
    return error;
}

/* A process group of its own, with the signals as a program expects them. */
static int attributes_set(posix_spawnattr_t *attributes)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* Every descriptor of the daemon is closed on exec; those of other libraries are closed here. */
static int actions_set(posix_spawn_file_actions_t *actions, const struct pipes *pipes)
{
    int error = posix_spawn_file_actions_adddup2(actions, pipes->input[0], STDIN_FILENO);

    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, pipes->output[1], STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, pipes->complaint[1], STDERR_FILENO);
    if (!error)
        error = posix_spawn_file_actions_addchdir_np(actions, "/");
#ifdef __GLIBC__
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
    return error;
}

static int spawn_with(struct run *run, const struct pipes *pipes,
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
    char **arguments = arguments_create(run->call, run->program->command);
    char **variables = environment_create(run->call, run->program->environment);
    int error = actions_set(actions, pipes);

    if (!error)
        error = attributes_set(attributes);
    if (error)
        return error;
    return posix_spawn(&run->pid, find_file(run->call, arguments[0], variables), actions,
        attributes, arguments, variables);
}

static int spawn(struct run *run, const struct pipes *pipes)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = spawn_with(run, pipes, &actions, &attributes);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void watch(const struct run *run, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (fd >= 0)
        epoll_ctl(run->watch, EPOLL_CTL_ADD, fd, &event);
}

static int start(struct run *run)
{
    struct pipes pipes;
    int error = pipes_open(&pipes);

    if (error)
        return error;
    run->watch = epoll_create1(EPOLL_CLOEXEC);
    error = run->watch < 0 ? errno : spawn(run, &pipes);
    if (error) {
        drop(&run->watch);
        pipes_close(&pipes);
        return error;
    }
    drop(&pipes.input[0]);
    drop(&pipes.output[1]);
    drop(&pipes.complaint[1]);
    run->input = pipes.input[1];
    run->output = pipes.output[0];
    run->complaint = pipes.complaint[0];
    fcntl(run->input, F_SETFL, O_NONBLOCK);
    fcntl(run->output, F_SETFL, O_NONBLOCK);
    fcntl(run->complaint, F_SETFL, O_NONBLOCK);
    run->handle = (int)syscall(SYS_pidfd_open, run->pid, 0);
    watch(run, run->input, EPOLLOUT);
    watch(run, run->output, EPOLLIN);
    watch(run, run->complaint, EPOLLIN);
    watch(run, run->handle, EPOLLIN);
    return 0;
}

/* A program that has read enough closes its input, which is no failure. */
static void feed(struct run *run)
{
    const struct program *program = run->program;

    while (run->input >= 0 && run->written < program->input_len) {
        size_t left = program->input_len - run->written;
        ssize_t step =
            write(run->input, program->input + run->written, left < AT_ONCE ? left : AT_ONCE);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0 && errno == EAGAIN)
            return;
        if (step < 0)
            break;
        run->written += (size_t)step;
    }
    drop(&run->input);
}

/* Reads all that is there; what is beyond the limit is read and forgotten, so that the program does
 * not stop for want of a reader. */
static void drain(struct run *run, int *fd, char *text, size_t *len)
{
    char bytes[4096];

    while (*fd >= 0) {
        ssize_t step = read(*fd, bytes, sizeof bytes);
        size_t room = run->program->max_output - *len;
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0 && errno == EAGAIN)
            return;
        if (step <= 0) {
            drop(fd);
            return;
        }
        size_t kept = (size_t)step < room ? (size_t)step : room;
        memcpy(text + *len, bytes, kept);
        *len += kept;
    }
}

static void drain_both(struct run *run)
{
    drain(run, &run->output, run->output_text, &run->output_len);
    drain(run, &run->complaint, run->complaint_text, &run->complaint_len);
}

/* Seen, and not yet reaped: its number stays its own, so that its group can be killed safely. */
static bool has_ended(const struct run *run)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

/* Its status; where nobody can tell it, as if it had been killed. */
static int reap(const struct run *run)
{
    int status;
    pid_t pid;

    do
        pid = waitpid(run->pid, &status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    return pid == run->pid ? status : SIGKILL;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for its end that long, whatever the call's deadline says. */
static void wait_for_end(struct run *run, int64_t patience_ms)
{
    int64_t until_ms = monotonic_ms() + patience_ms, left_ms;

    while (!has_ended(run) && (left_ms = until_ms - monotonic_ms()) > 0) {
        struct pollfd end = {.fd = run->handle, .events = POLLIN};
        poll(&end, 1, (int)(run->handle >= 0 ? left_ms : BLIND_MS));
        drain_both(run);
    }
}

static void end_all(struct run *run)
{
    kill(-run->pid, SIGTERM);
    wait_for_end(run, GRACE_MS);
    kill(-run->pid, SIGKILL); /* what it began and left behind, too */
    wait_for_end(run, LAST_MS);
}

/* True at its own end, false at the deadline. */
static bool attend(struct run *run)
{
    int64_t patience_ms = run->handle >= 0 ? -1 : BLIND_MS;

    while (!has_ended(run)) {
        if (run->call->host->wait(run->call, run->watch, HOST_READABLE, patience_ms) < 0)
            return has_ended(run);
        feed(run);
        drain_both(run);
    }
    return true;
}

static struct program_result supervise(struct run *run)
{
    struct program_result result = {
        .end = PROGRAM_LATE, .output = run->output_text, .complaint = run->complaint_text};
    bool is_over = attend(run);

    if (!is_over)
        end_all(run);
    drain_both(run);
    int status = reap(run);
    if (is_over) {
        result.end = WIFSIGNALED(status) ? PROGRAM_KILLED : PROGRAM_EXITED;
        result.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
    return result;
}

/* A program that does not read its input would end this process by SIGPIPE where that is not
 * ignored. */
static void pipe_signal_hold(sigset_t *before)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, before);
}

static void pipe_signal_release(const sigset_t *before)
{
    static const struct timespec at_once = {0};
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    if (!sigismember(before, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

struct program_result program_run(struct tocsin_call *call, const struct program *program)
{
    struct run run = {.call = call,
        .program = program,
        .watch = -1,
        .handle = -1,
        .input = -1,
        .output = -1,
        .complaint = -1,
        .output_text = call->host->alloc(call, program->max_output + 1),
        .complaint_text = call->host->alloc(call, program->max_output + 1)};
    struct program_result result;
    sigset_t before;
    int error;

    pipe_signal_hold(&before);
    error = start(&run);
    result = error ? (struct program_result){.end = PROGRAM_NOT_STARTED, .error = error}
                   : supervise(&run);
    pipe_signal_release(&before);
    drop(&run.input);
    drop(&run.output);
    drop(&run.complaint);
    drop(&run.handle);
    drop(&run.watch);
    return result;
}
