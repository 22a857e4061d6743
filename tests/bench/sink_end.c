/* A sink that takes the time: for each body that has come whole it notes the monotonic clock and
 * the id in it, and then answers. nginx notes only milliseconds, of another clock, when it has
 * answered. */
#include "wire.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    id_len = 36,
    id_before = 8, /* digits before what all ids have */
    at_once = 256,
};

static const char usage[] =
    "usage: sink-end --log FILE [OPTIONS]\n"
    "  --log FILE   a line for each body: ns of the monotonic clock, and its id or -\n"
    "  --port N     to listen at; without it any, which is printed\n"
    "  --status N   answers this instead of 200; what is not 200 is not noted\n"
    "  --delay MS   answers so much later\n"
    "  --hang       reads, notes nothing, and never answers\n";

struct connection {
    int fd;
    bool waits_to_write, is_closed;
    size_t owed; /* answers that are due later */
    struct inbox in;
    struct outbox out;
};

/* Answers in the order in which they are due, which is that of their bodies: a ring. */
struct due {
    int64_t at_ns;
    struct connection *connection;
};

struct sink_end {
    int poll, listener, status;
    uint16_t port;
    bool hangs;
    int64_t delay_ns;
    FILE *log;
    char answer[128];
    struct due *dues;
    size_t first, count, room;
};

static void connection_watch(struct sink_end *end, struct connection *connection, int operation)
{
    struct epoll_event event = {
        .events = EPOLLIN | (connection->waits_to_write ? EPOLLOUT : 0), .data.ptr = connection};

    if (epoll_ctl(end->poll, operation, connection->fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void connection_free_if_done(struct connection *connection)
{
    if (!connection->is_closed || connection->owed > 0)
        return;
    free(connection->in.bytes);
    free(connection->out.bytes);
    free(connection);
}

/* May free it. */
static void connection_close(struct connection *connection)
{
    close(connection->fd);
    connection->is_closed = true;
    connection_free_if_done(connection);
}

/* False when the connection is gone, and perhaps freed. */
static bool connection_write(struct sink_end *end, struct connection *connection)
{
    if (!outbox_flush(&connection->out, connection->fd)) {
        connection_close(connection);
        return false;
    }
    bool is_left = connection->out.at < connection->out.len;
    if (is_left != connection->waits_to_write) {
        connection->waits_to_write = is_left;
        connection_watch(end, connection, EPOLL_CTL_MOD);
    }
    return true;
}

static void due_add(struct sink_end *end, int64_t at_ns, struct connection *connection)
{
    if (end->count == end->room) {
        size_t room = end->room ? end->room * 2 : 64;
        struct due *dues = must(calloc(room, sizeof *dues));
        for (size_t i = 0; i < end->count; i++)
            dues[i] = end->dues[(end->first + i) % end->room];
        free(end->dues);
        end->dues = dues;
        end->first = 0;
        end->room = room;
    }
    end->dues[(end->first + end->count++) % end->room] = (struct due){at_ns, connection};
    connection->owed++;
}

static void note(struct sink_end *end, int64_t at_ns, const char *body, size_t len)
{
    static const char common[] = "-0000-4000-";
    const char *found = memmem(body, len, common, strlen(common));
    bool is_whole = found && found - body >= id_before && found - id_before + id_len <= body + len;

    fprintf(end->log, "%" PRId64 " %.*s\n", at_ns, is_whole ? id_len : 1,
        is_whole ? found - id_before : "-");
}

/* False when the connection is gone. */
static bool on_body(
    struct sink_end *end, struct connection *connection, size_t head_len, size_t len)
{
    int64_t at_ns = now_ns();

    if (end->hangs)
        return true;
    if (end->status == 200)
        note(end, at_ns, connection->in.bytes + head_len, len - head_len);
    if (end->delay_ns > 0) {
        due_add(end, at_ns + end->delay_ns, connection);
        return true;
    }
    outbox_add(&connection->out, end->answer, strlen(end->answer));
    return connection_write(end, connection);
}

static void connection_read(struct sink_end *end, struct connection *connection)
{
    size_t head_len = 0, len;
    enum came came = inbox_fill(&connection->in, connection->fd);

    if (came == CAME_END) {
        connection_close(connection);
        return;
    }
    while (came == CAME_BYTES && (len = inbox_message(&connection->in, &head_len)) > 0) {
        if (!on_body(end, connection, head_len, len))
            return;
        inbox_take(&connection->in, len);
    }
}

static void senders_take(struct sink_end *end)
{
    int fd;

    while ((fd = accept4(end->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = must(calloc(1, sizeof *connection));
        wire_hurry(fd);
        connection->fd = fd;
        connection_watch(end, connection, EPOLL_CTL_ADD);
    }
    if (errno != EAGAIN && errno != ECONNABORTED)
        die("accept: %s", strerror(errno));
}

static void dues_answer(struct sink_end *end)
{
    while (end->count > 0 && end->dues[end->first].at_ns <= now_ns()) {
        struct connection *connection = end->dues[end->first].connection;
        end->first = (end->first + 1) % end->room;
        end->count--;
        connection->owed--;
        if (connection->is_closed) {
            connection_free_if_done(connection);
            continue;
        }
        outbox_add(&connection->out, end->answer, strlen(end->answer));
        connection_write(end, connection);
    }
}

static int ready_wait(struct sink_end *end, struct epoll_event *events)
{
    struct timespec wait = {0};
    int64_t wait_ns = end->count > 0 ? end->dues[end->first].at_ns - now_ns() : 0;

    if (wait_ns > 0)
        wait = (struct timespec){wait_ns / 1000000000, wait_ns % 1000000000};
    return epoll_pwait2(end->poll, events, at_once, end->count > 0 ? &wait : NULL, NULL);
}

static void sink_end_run(struct sink_end *end)
{
    struct epoll_event events[at_once];

    for (;;) {
        int count = ready_wait(end, events);
        if (count < 0 && errno != EINTR)
            die("epoll_pwait2: %s", strerror(errno));
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection)
                senders_take(end);
            else if (events[i].events & EPOLLOUT)
                connection_write(end, connection);
            else
                connection_read(end, connection);
        }
        dues_answer(end);
        if (fflush(end->log) != 0)
            die("the log takes no more: %s", strerror(errno));
    }
}

static long number_read(const char *text, long least, long most)
{
    char *rest;
    long number = strtol(text, &rest, 10);

    if (rest == text || *rest != '\0' || number < least || number > most)
        die("%s is not a number from %ld to %ld", text, least, most);
    return number;
}

static struct sink_end options_read(int argc, char **argv)
{
    static const struct option known[] = {{"log", required_argument, NULL, 'l'},
        {"port", required_argument, NULL, 'p'}, {"status", required_argument, NULL, 's'},
        {"delay", required_argument, NULL, 'd'}, {"hang", no_argument, NULL, 'h'}, {0}};
    struct sink_end end = {.status = 200};
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'l' && !(end.log = fopen(optarg, "ae")))
            die("%s: %s", optarg, strerror(errno));
        if (letter == 'p')
            end.port = (uint16_t)number_read(optarg, 1, UINT16_MAX);
        if (letter == 's')
            end.status = (int)number_read(optarg, 200, 599);
        if (letter == 'd')
            end.delay_ns = number_read(optarg, 0, 3600000) * INT64_C(1000000);
        end.hangs |= letter == 'h';
        if (letter == '?')
            optind = argc + 1;
    }
    if (optind != argc || !end.log) {
        fputs(usage, stderr);
        exit(2);
    }
    return end;
}

int main(int argc, char **argv)
{
    struct sink_end end = options_read(argc, argv);
    struct epoll_event event = {.events = EPOLLIN};

    snprintf(end.answer, sizeof end.answer,
        "HTTP/1.1 %d Answer\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
        end.status);
    end.listener = wire_listen(&end.port);
    end.poll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ctl(end.poll, EPOLL_CTL_ADD, end.listener, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
    printf("%u\n", end.port);
    fflush(stdout);
    sink_end_run(&end);
}
