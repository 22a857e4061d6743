/* The least that the way of an event can cost on this machine: one thread, epoll, the same bytes
 * over the same connections as tocsin, and no parsing, no rules, no ledger. It takes the posts,
 * answers them, asks the Alert API, and when the answer is there posts to each sink. The bytes that
 * it sends are files that were recorded from tocsin; in them and in the posts the id stands at
 * fixed places, and is copied. It waits for every answer, and ends at one that is not 200. */
#include "wire.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID_MARK "------the-uuid-of-the-alert---------"

enum {
    id_len = 36,
    at_once = 256,
    most_marks = 16,
    most_ends = 17,
    most_connections = 256,
};

static const char usage[] = "usage: floor --port N --answer FILE --ask FILE --post FILE "
                            "--concurrency N API-URL SINK-URL...\n"
                            "  the files hold what is sent as it is, heads included; " ID_MARK "\n"
                            "  in them becomes the id of the event\n";

struct bytes {
    char *start;
    size_t len;
    size_t marks[most_marks], mark_count;
};

struct event {
    char id[id_len];
    size_t left; /* sinks that have not answered */
};

/* Events that wait for a connection, in order: a ring. */
struct line {
    struct event **events;
    size_t first, count, room;
};

struct end {
    struct url url;
    const struct bytes *request;
    struct connection *idle[most_connections];
    size_t idle_count;
    struct line line;
};

struct connection {
    int fd;
    bool waits_to_write;
    struct end *end; /* NULL: of a sender */
    struct event *event;
    struct inbox in;
    struct outbox out;
};

struct floor {
    int poll, listener;
    size_t id_at; /* in the body of a post; found in the first one */
    struct bytes answer, ask, post;
    struct end ends[most_ends]; /* the API, then the sinks */
    size_t end_count;
};

static struct bytes bytes_read(const char *path)
{
    struct bytes bytes = {0};
    size_t room = 0;
    FILE *file = fopen(path, "r");

    if (!file)
        die("%s: %s", path, strerror(errno));
    ssize_t len = getdelim(&bytes.start, &room, '\0', file);
    fclose(file);
    if (len < 1)
        die("%s: nothing to be read", path);
    bytes.len = (size_t)len;
    const char *at = bytes.start, *end = at + len;
    for (; (at = memmem(at, (size_t)(end - at), ID_MARK, id_len)); at += id_len) {
        if (bytes.mark_count == most_marks)
            die("%s: the id stands too often in it", path);
        bytes.marks[bytes.mark_count++] = (size_t)(at - bytes.start);
    }
    return bytes;
}

static void line_add(struct line *line, struct event *event)
{
    if (line->count == line->room) {
        size_t room = line->room ? line->room * 2 : 64;
        struct event **events = must(calloc(room, sizeof(struct event *)));
        for (size_t i = 0; i < line->count; i++)
            events[i] = line->events[(line->first + i) % line->room];
        free(line->events);
        *line = (struct line){.events = events, .count = line->count, .room = room};
    }
    line->events[(line->first + line->count++) % line->room] = event;
}

static struct event *line_take(struct line *line)
{
    struct event *event = line->events[line->first];

    line->first = (line->first + 1) % line->room;
    line->count--;
    return event;
}

/* Connections */

static void connection_watch(
    const struct floor *floor, struct connection *connection, int operation)
{
    struct epoll_event event = {
        .events = EPOLLIN | (connection->waits_to_write ? EPOLLOUT : 0), .data.ptr = connection};

    if (epoll_ctl(floor->poll, operation, connection->fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static struct connection *connection_create(const struct floor *floor, int fd, struct end *end)
{
    struct connection *connection = must(calloc(1, sizeof *connection));

    connection->fd = fd;
    connection->end = end;
    connection_watch(floor, connection, EPOLL_CTL_ADD);
    return connection;
}

static void connection_destroy(struct connection *connection)
{
    close(connection->fd);
    free(connection->in.bytes);
    free(connection->out.bytes);
    free(connection);
}

static void connection_write(const struct floor *floor, struct connection *connection)
{
    if (!outbox_flush(&connection->out, connection->fd))
        die("a connection ended while it was written to");
    bool is_left = connection->out.at < connection->out.len;
    if (is_left == connection->waits_to_write)
        return;
    connection->waits_to_write = is_left;
    connection_watch(floor, connection, EPOLL_CTL_MOD);
}

static void connection_send(const struct floor *floor, struct connection *connection,
    const struct bytes *bytes, const char *id)
{
    outbox_add(&connection->out, bytes->start, bytes->len);
    char *start = connection->out.bytes + connection->out.len - bytes->len;
    for (size_t i = 0; i < bytes->mark_count; i++)
        memcpy(start + bytes->marks[i], id, id_len);
    connection_write(floor, connection);
}

/* The way of an event */

static void end_ask(const struct floor *floor, struct end *end, struct event *event)
{
    if (end->idle_count == 0) {
        line_add(&end->line, event);
        return;
    }
    struct connection *connection = end->idle[--end->idle_count];
    connection->event = event;
    connection_send(floor, connection, end->request, event->id);
}

static void on_post(struct floor *floor, struct connection *connection, size_t head_len, size_t len)
{
    const char *body = connection->in.bytes + head_len;
    struct event *event = must(calloc(1, sizeof *event));

    if (floor->id_at == 0) {
        static const char before[] = "\"uuid\":\"";
        const char *found = memmem(body, len - head_len, before, strlen(before));
        if (!found)
            die("a post has no uuid");
        floor->id_at = (size_t)(found - body) + strlen(before);
    }
    if (len - head_len < floor->id_at + id_len)
        die("a post is shorter than the first one");
    memcpy(event->id, body + floor->id_at, id_len);
    event->left = floor->end_count - 1;
    connection_send(floor, connection, &floor->answer, event->id);
    end_ask(floor, &floor->ends[0], event);
}

static void on_answer(struct floor *floor, struct connection *connection)
{
    static const char good[] = "HTTP/1.1 200 ";
    struct end *end = connection->end;
    struct event *event = connection->event;

    if (!event || memcmp(connection->in.bytes, good, strlen(good)) != 0)
        die("%s:%u answers %.20s", end->url.host, end->url.port, connection->in.bytes);
    connection->event = NULL;
    end->idle[end->idle_count++] = connection;
    if (end->line.count > 0)
        end_ask(floor, end, line_take(&end->line));
    if (end == &floor->ends[0]) {
        for (size_t i = 1; i < floor->end_count; i++)
            end_ask(floor, &floor->ends[i], event);
    } else if (--event->left == 0) {
        free(event);
    }
}

static void connection_read(struct floor *floor, struct connection *connection)
{
    size_t head_len = 0, len;
    enum came came = inbox_fill(&connection->in, connection->fd);

    if (came == CAME_END && connection->end)
        die("%s:%u ended a connection", connection->end->url.host, connection->end->url.port);
    if (came == CAME_END) {
        connection_destroy(connection);
        return;
    }
    while (came == CAME_BYTES && (len = inbox_message(&connection->in, &head_len)) > 0) {
        if (connection->end)
            on_answer(floor, connection);
        else
            on_post(floor, connection, head_len, len);
        inbox_take(&connection->in, len);
    }
}

static void senders_take(struct floor *floor)
{
    int fd;

    while ((fd = accept4(floor->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        wire_hurry(fd);
        connection_create(floor, fd, NULL);
    }
    if (errno != EAGAIN && errno != ECONNABORTED)
        die("accept: %s", strerror(errno));
}

static void floor_run(struct floor *floor)
{
    struct epoll_event events[at_once];

    for (;;) {
        int count = epoll_wait(floor->poll, events, at_once, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection)
                senders_take(floor);
            else if (events[i].events & EPOLLOUT)
                connection_write(floor, connection);
            else
                connection_read(floor, connection);
        }
    }
}

/* Its start */

static void end_open(struct floor *floor, const char *url, size_t connections)
{
    struct end *end = &floor->ends[floor->end_count];

    if (floor->end_count == most_ends)
        die("more than %d sinks", most_ends - 1);
    end->url = url_read(url);
    end->request = floor->end_count == 0 ? &floor->ask : &floor->post;
    for (size_t i = 0; i < connections; i++)
        end->idle[end->idle_count++] = connection_create(floor, wire_connect(&end->url), end);
    floor->end_count++;
}

static size_t number_read(const char *name, const char *text, size_t most)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || number < 1 || number > most)
        die("--%s: %s is not a number from 1 to %zu", name, text, most);
    return number;
}

static void floor_listen(struct floor *floor, uint16_t port)
{
    struct epoll_event event = {.events = EPOLLIN};

    floor->listener = wire_listen(&port);
    if (epoll_ctl(floor->poll, EPOLL_CTL_ADD, floor->listener, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"port", required_argument, NULL, 'p'},
        {"answer", required_argument, NULL, 'a'}, {"ask", required_argument, NULL, 'q'},
        {"post", required_argument, NULL, 'm'}, {"concurrency", required_argument, NULL, 'c'}, {0}};
    struct floor floor = {.poll = epoll_create1(EPOLL_CLOEXEC)};
    uint16_t port = 0;
    size_t connections = 1;
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 'p':
            port = (uint16_t)number_read("port", optarg, UINT16_MAX);
            break;
        case 'a':
            floor.answer = bytes_read(optarg);
            break;
        case 'q':
            floor.ask = bytes_read(optarg);
            break;
        case 'm':
            floor.post = bytes_read(optarg);
            break;
        case 'c':
            connections = number_read("concurrency", optarg, most_connections);
            break;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    if (!port || !floor.answer.start || !floor.ask.start || !floor.post.start ||
        argc - optind < 2) {
        fputs(usage, stderr);
        return 2;
    }
    for (int i = optind; i < argc; i++)
        end_open(&floor, argv[i], connections);
    floor_listen(&floor, port);
    floor_run(&floor);
}
