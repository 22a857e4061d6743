/* A deliver sink for tests: writes one line an attempt to a file, and misbehaves as the message's
 * title says. "stuck" sleeps past every deadline at the first attempt, "stuck for ever" at each,
 * "patient" waits as the host wants it until the deadline. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <tocsin/sink.h>
#include <unistd.h>

struct config {
    const char *file;
    struct tocsin_duration stuck;
};

static const struct tocsin_option options[] = {
    TOCSIN_OPTION(struct config, file, TOCSIN_REQUIRED | TOCSIN_PATH, NULL, "where to write"),
    TOCSIN_OPTION(struct config, stuck, 0, "1h", "how long it sleeps, whatever the deadline"),
};

static void *open_instance(struct tocsin_call *call, const void *config, const char **why)
{
    (void)call, (void)why;
    return (void *)config;
}

static bool write_line(const struct config *config, struct tocsin_call *call)
{
    const struct tocsin_message *message = call->message;
    char *line = call->host->format(call, "%s\t%u\t%s\t%s\n", message->delivery,
        (unsigned)message->attempt, message->marks & TOCSIN_REPEAT ? "repeat" : "", message->title);
    int fd = open(config->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

    if (fd >= 0)
        close(fd);
    return is_written;
}

static void sleep_through(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static void deliver(void *instance, struct tocsin_call *call, struct tocsin_outcome *outcome)
{
    const struct config *config = instance;
    const char *title = call->message->title;
    bool is_stuck = strstr(title, "stuck for ever") != NULL ||
                    (strstr(title, "stuck") != NULL && call->message->attempt == 1);

    if (!write_line(config, call)) {
        outcome->result = TOCSIN_RETRY;
        outcome->reason = call->host->format(call, "cannot write %s", config->file);
        return;
    }
    if (is_stuck)
        sleep_through(config->stuck.ms);
    outcome->result = TOCSIN_DELIVERED;
    if (strstr(title, "patient")) {
        while (call->host->wait(call, -1, 0, -1) >= 0)
            ;
        outcome->result = TOCSIN_RETRY;
        outcome->reason = "nobody answered";
    }
}

TOCSIN_EXPORT const struct tocsin_sink_plugin tocsin_sink_plugin = {
    TOCSIN_SINK_V1,
    .name = "overstay",
    .version = "1.0",
    .help = "keeps no deadline that a test tells it to miss",
    TOCSIN_OPTIONS(struct config, options),
    .open = open_instance,
    .deliver = deliver,
};
