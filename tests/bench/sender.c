/* The load: posts events with ids that can be told apart, over connections that are kept, one post
 * at a time on each. Without --rate a connection sends its next event when it has the answer to the
 * last (closed loop). With it, events are due at fixed moments whatever the answers do (open loop),
 * and an event that had to wait for a free connection waits at the expense of its latency.
 *
 * Nothing is passed over in silence: every answer is counted by its status, a connection that ends
 * under a post as "broken". What is not 2xx is not accepted. */
#include "wire.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ALERT_MARK "------the-uuid-of-the-alert---------"
#define EVENT_MARK "------the-uuid-of-the-event---------"
#define SECOND INT64_C(1000000000)
#define STATUS_AT strlen("HTTP/1.1 ")

enum {
    id_len = 36,
    at_once = 256,
    most_marks = 8,
    most_statuses = 600,
    most_connections = 4000,
    rest_without_a_word_s = 1,
};

static const char usage[] =
    "usage: sender URL --body FILE [OPTIONS]\n"
    "  --body FILE       the event; " ALERT_MARK " in it becomes\n"
    "                    the alert's id and " EVENT_MARK " the event's\n"
    "  --count N         as many events (1000)\n"
    "  --connections N   as many kept connections (16)\n"
    "  --rate N          so many events a second, whatever the answers do\n"
    "  --seconds N       sends none after so long; also the end of --retry\n"
    "  --prefix HEX      the first eight digits of all ids (00000000)\n"
    "  --first N         the number of the first id (0)\n"
    "  --storm           one alert for all events, whatever --first is\n"
    "  --retry           what was answered 503 is sent again after its Retry-After\n"
    "  --timeout N       seconds until an answer is given up (60)\n"
    "  --accepted FILE   a line for each accepted event: its id, and when it was due, sent and\n"
    "                    answered, in ns of the monotonic clock\n"
    "Prints what became of it as JSON. Ends with 0 if all that was sent was accepted, else 3.\n";

struct options {
    struct url url;
    const char *body, *accepted, *prefix;
    uint64_t count, first;
    int connections;
    double rate, seconds;
    bool storm, retry;
    int64_t timeout_ns;
};

/* The request, and where in it the ids stand. */
struct request {
    char *bytes;
    size_t len;
    size_t alerts[most_marks], events[most_marks];
    size_t alert_count, event_count;
};

enum state {
    STATE_IDLE,
    STATE_RESTING, /* holds a post that was refused, until Retry-After is over */
    STATE_UNDER_WAY,
};

struct connection {
    struct sender *sender;
    int fd;
    enum state state;
    bool is_open, waits_to_write;
    uint64_t number;
    int64_t due_ns, sent_ns, rest_until_ns;
    struct outbox out;
    struct inbox in;
};

struct sender {
    struct options options;
    struct request request;
    struct connection *connections, **idle;
    int idle_count, resting, poll;
    int64_t began_ns, ended_ns, wall_ms;
    uint64_t next; /* from 0 to count */
    uint64_t sent, accepted, resent, refused, broken;
    uint64_t statuses[most_statuses];
    int64_t *latencies;
    FILE *log;
};

/* Options */

static double number_read(const char *name, const char *text, double least, double most)
{
    char *end;
    double number = strtod(text, &end);

    if (end == text || *end != '\0' || !(number >= least && number <= most))
        die("--%s: %s is not a number from %g to %g", name, text, least, most);
    return number;
}

static const char *prefix_read(const char *text)
{
    if (strlen(text) != 8 || strspn(text, "0123456789abcdef") != 8)
        die("--prefix: %s is not eight small hex digits", text);
    return text;
}

static void option_take(struct options *options, const char *name, int letter)
{
    switch (letter) {
    case 'b':
        options->body = optarg;
        break;
    case 'n':
        options->count = (uint64_t)number_read(name, optarg, 1, 1e8);
        break;
    case 'c':
        options->connections = (int)number_read(name, optarg, 1, most_connections);
        break;
    case 'r':
        options->rate = number_read(name, optarg, 0.001, 1e6);
        break;
    case 's':
        options->seconds = number_read(name, optarg, 0.001, 86400);
        break;
    case 'p':
        options->prefix = prefix_read(optarg);
        break;
    case 'f':
        options->first = (uint64_t)number_read(name, optarg, 0, 1e11);
        break;
    case 'S':
        options->storm = true;
        break;
    case 'R':
        options->retry = true;
        break;
    case 't':
        options->timeout_ns = (int64_t)(number_read(name, optarg, 0.1, 3600) * 1e9);
        break;
    case 'a':
        options->accepted = optarg;
        break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

static struct options options_read(int argc, char **argv)
{
    static const struct option known[] = {
        {"body", required_argument, NULL, 'b'},
        {"count", required_argument, NULL, 'n'},
        {"connections", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"prefix", required_argument, NULL, 'p'},
        {"first", required_argument, NULL, 'f'},
        {"storm", no_argument, NULL, 'S'},
        {"retry", no_argument, NULL, 'R'},
        {"timeout", required_argument, NULL, 't'},
        {"accepted", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {
        .count = 1000, .connections = 16, .prefix = "00000000", .timeout_ns = 60 * SECOND};
    int letter, index = 0;

    while ((letter = getopt_long(argc, argv, "", known, &index)) != -1)
        option_take(&options, letter == '?' ? "" : known[index].name, letter);
    if (optind != argc - 1 || !options.body) {
        fputs(usage, stderr);
        exit(2);
    }
    options.url = url_read(argv[optind]);
    return options;
}

/* The request */

static char *file_read(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "r");

    if (!file)
        die("%s: %s", path, strerror(errno));
    if (getdelim(&text, &room, '\0', file) < 1)
        die("%s: nothing to be read", path);
    fclose(file);
    return text;
}

static size_t marks_find(const struct request *request, const char *mark, size_t *places)
{
    const char *end = request->bytes + request->len;
    size_t count = 0;

    for (const char *at = request->bytes; (at = memmem(at, (size_t)(end - at), mark, id_len));
         at += id_len) {
        if (count == most_marks)
            die("%s stands too often in the event", mark);
        places[count++] = (size_t)(at - request->bytes);
    }
    return count;
}

static struct request request_create(const struct options *options)
{
    struct request request = {0};
    char *body = file_read(options->body);
    int len = asprintf(&request.bytes,
        "POST %s HTTP/1.1\r\nHost: %s:%u\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        options->url.path, options->url.host, options->url.port, strlen(body), body);

    free(body);
    must(len < 0 ? NULL : request.bytes);
    request.len = (size_t)len;
    request.alert_count = marks_find(&request, ALERT_MARK, request.alerts);
    request.event_count = marks_find(&request, EVENT_MARK, request.events);
    return request;
}

/* kind tells the two ids of an event apart: the first digit of the fourth group. */
static void id_format(
    char id[static id_len + 1], const struct options *options, char kind, uint64_t number)
{
    snprintf(id, id_len + 1, "%s-0000-4000-%c000-%012" PRIu64, options->prefix, kind, number);
}

static void request_add(struct sender *sender, struct outbox *out, uint64_t number)
{
    const struct request *request = &sender->request;
    char alert[id_len + 1], event[id_len + 1];

    id_format(alert, &sender->options, '8', sender->options.storm ? 0 : number);
    id_format(event, &sender->options, '9', number);
    outbox_add(out, request->bytes, request->len);
    char *bytes = out->bytes + out->len - request->len;
    for (size_t i = 0; i < request->alert_count; i++)
        memcpy(bytes + request->alerts[i], alert, id_len);
    for (size_t i = 0; i < request->event_count; i++)
        memcpy(bytes + request->events[i], event, id_len);
}

/* One post */

static void connection_watch(struct connection *connection, int operation)
{
    struct epoll_event event = {
        .events = EPOLLIN | (connection->waits_to_write ? EPOLLOUT : 0), .data.ptr = connection};

    if (epoll_ctl(connection->sender->poll, operation, connection->fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void connection_open(struct connection *connection)
{
    connection->fd = wire_connect(&connection->sender->options.url);
    connection->is_open = false;
    connection->waits_to_write = true;
    connection_watch(connection, EPOLL_CTL_ADD);
}

/* Whoever refuses a connection is not there: a load without a target is a mistake. */
static void connection_check(const struct connection *connection)
{
    const struct url *url = &connection->sender->options.url;
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error != 0)
        die("%s:%u takes no connection: %s", url->host, url->port, strerror(error));
}

static void connection_release(struct connection *connection)
{
    connection->state = STATE_IDLE;
    connection->sender->idle[connection->sender->idle_count++] = connection;
}

/* What was under way is lost: whether it was accepted cannot be known. */
static void connection_reopen(struct connection *connection)
{
    if (!connection->is_open)
        connection_check(connection);
    close(connection->fd);
    connection->in.len = connection->out.len = connection->out.at = 0;
    connection_open(connection);
    if (connection->state != STATE_UNDER_WAY)
        return;
    connection->sender->broken++;
    connection_release(connection);
}

static void connection_write(struct connection *connection)
{
    if (!connection->is_open)
        return; /* and written as soon as it is */
    if (!outbox_flush(&connection->out, connection->fd)) {
        connection_reopen(connection);
        return;
    }
    bool is_left = connection->out.at < connection->out.len;
    if (is_left == connection->waits_to_write)
        return;
    connection->waits_to_write = is_left;
    connection_watch(connection, EPOLL_CTL_MOD);
}

static void connection_post(struct connection *connection)
{
    connection->state = STATE_UNDER_WAY;
    connection->sent_ns = now_ns();
    connection->sender->sent++;
    request_add(connection->sender, &connection->out, connection->number);
    connection_write(connection);
}

static void accepted_note(struct connection *connection, int64_t at_ns)
{
    struct sender *sender = connection->sender;
    char id[id_len + 1];

    sender->latencies[sender->accepted++] = at_ns - connection->due_ns;
    sender->ended_ns = at_ns;
    if (!sender->log)
        return;
    bool is_storm = sender->options.storm; /* where the alert's id tells nothing */
    id_format(id, &sender->options, is_storm ? '9' : '8', connection->number);
    fprintf(sender->log, "%s %" PRId64 " %" PRId64 " %" PRId64 "\n", id, connection->due_ns,
        connection->sent_ns, at_ns);
}

static bool is_time_left(const struct sender *sender, int64_t at_ns)
{
    double seconds = sender->options.seconds;

    return seconds <= 0 || at_ns < sender->began_ns + (int64_t)(seconds * 1e9);
}

/* Takes the answer to a post; the connection is free again, or rests with its post. */
static void on_answer(struct connection *connection, const char *head, size_t head_len)
{
    struct sender *sender = connection->sender;
    int64_t at_ns = now_ns();
    unsigned long status = 0;

    if (head_len > STATUS_AT + 3 && strncmp(head, "HTTP/1.", strlen("HTTP/1.")) == 0)
        status = strtoul(head + STATUS_AT, NULL, 10);
    if (status == 0 || status >= most_statuses)
        die("an answer begins with %.*s", (int)head_len, head);
    sender->statuses[status]++;
    if (status / 100 == 2)
        accepted_note(connection, at_ns);
    const char *after = status == 503 ? head_find(head, head_len, "Retry-After:") : NULL;
    sender->refused += after ? 1 : 0;
    if (status != 503 || !sender->options.retry || !is_time_left(sender, at_ns)) {
        connection_release(connection);
        return;
    }
    int64_t rest_s = after ? strtol(after, NULL, 10) : rest_without_a_word_s;
    connection->state = STATE_RESTING;
    connection->rest_until_ns = at_ns + (rest_s > 0 ? rest_s : rest_without_a_word_s) * SECOND;
    sender->resting++;
}

static void connection_read(struct connection *connection)
{
    size_t head_len = 0, len;
    enum came came = inbox_fill(&connection->in, connection->fd);

    if (came == CAME_END) {
        connection_reopen(connection);
        return;
    }
    if (came == CAME_NOTHING || (len = inbox_message(&connection->in, &head_len)) == 0)
        return;
    if (connection->state != STATE_UNDER_WAY || len != connection->in.len)
        die("more came than was asked for");
    const char *manner = head_find(connection->in.bytes, head_len, "Connection:");
    bool is_last = manner && strncasecmp(manner, "close", strlen("close")) == 0;
    on_answer(connection, connection->in.bytes, head_len);
    inbox_take(&connection->in, len);
    if (is_last)
        connection_reopen(connection);
}

/* The load */

static int64_t next_due_ns(const struct sender *sender)
{
    double rate = sender->options.rate;

    return rate > 0 ? sender->began_ns + (int64_t)((double)sender->next * 1e9 / rate) : 0;
}

static bool has_more(const struct sender *sender, int64_t at_ns)
{
    return sender->next < sender->options.count && is_time_left(sender, at_ns);
}

static void posts_begin(struct sender *sender, int64_t at_ns)
{
    while (sender->idle_count > 0 && has_more(sender, at_ns) && next_due_ns(sender) <= at_ns) {
        struct connection *connection = sender->idle[--sender->idle_count];
        connection->due_ns = sender->options.rate > 0 ? next_due_ns(sender) : now_ns();
        connection->number = sender->options.first + sender->next++;
        connection_post(connection);
    }
}

/* Ends the rests that are over, gives up what was not answered; returns when to look again. */
static int64_t connections_check(struct sender *sender, int64_t at_ns)
{
    int64_t next_ns = at_ns + SECOND;

    for (int i = 0; i < sender->options.connections; i++) {
        struct connection *connection = &sender->connections[i];
        if (connection->state == STATE_RESTING && connection->rest_until_ns <= at_ns) {
            sender->resting--;
            sender->resent++;
            connection_post(connection);
        } else if (connection->state == STATE_RESTING && connection->rest_until_ns < next_ns) {
            next_ns = connection->rest_until_ns;
        } else if (connection->state == STATE_UNDER_WAY &&
                   connection->sent_ns + sender->options.timeout_ns <= at_ns) {
            connection_reopen(connection);
        }
    }
    return next_ns;
}

static void on_ready(struct connection *connection, uint32_t events)
{
    if (!connection->is_open) {
        connection_check(connection);
        connection->is_open = true;
        connection_write(connection);
    } else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
        connection_read(connection);
    } else {
        connection_write(connection);
    }
}

static void ready_wait(struct sender *sender, int64_t until_ns)
{
    struct epoll_event events[at_once];
    int64_t wait_ns = until_ns - now_ns();
    struct timespec wait = {0};

    if (wait_ns > 0)
        wait = (struct timespec){wait_ns / SECOND, wait_ns % SECOND};
    int count = epoll_pwait2(sender->poll, events, at_once, &wait, NULL);
    if (count < 0 && errno != EINTR)
        die("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        on_ready(events[i].data.ptr, events[i].events);
}

static void sender_run(struct sender *sender)
{
    int64_t check_ns = 0;

    for (;;) {
        int64_t at_ns = now_ns();
        posts_begin(sender, at_ns);
        if (check_ns <= at_ns || sender->resting > 0)
            check_ns = connections_check(sender, at_ns);
        if (!has_more(sender, at_ns) && sender->idle_count == sender->options.connections)
            return;
        int64_t until_ns = check_ns;
        if (sender->idle_count > 0 && has_more(sender, at_ns) && next_due_ns(sender) < until_ns)
            until_ns = next_due_ns(sender);
        ready_wait(sender, until_ns);
    }
}

/* What became of it */

static int latency_compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

static double latency_ms(const struct sender *sender, double share)
{
    if (sender->accepted == 0)
        return 0;
    uint64_t index = (uint64_t)(share * (double)(sender->accepted - 1) + 0.5);
    return (double)sender->latencies[index] / 1e6;
}

static void summary_print(struct sender *sender)
{
    double seconds = (double)(sender->ended_ns - sender->began_ns) / 1e9;
    const char *comma = "";

    qsort(sender->latencies, sender->accepted, sizeof *sender->latencies, latency_compare);
    printf("{\"sent\": %" PRIu64 ", \"accepted\": %" PRIu64 ", \"status\": {", sender->sent,
        sender->accepted);
    for (int status = 0; status < most_statuses; status++) {
        if (sender->statuses[status] == 0)
            continue;
        printf("%s\"%d\": %" PRIu64, comma, status, sender->statuses[status]);
        comma = ", ";
    }
    printf("}, \"retry_after\": %" PRIu64 ", \"resent\": %" PRIu64 ", \"broken\": %" PRIu64,
        sender->refused, sender->resent, sender->broken);
    printf(", \"began_ms\": %" PRId64 ", \"seconds\": %.6f, \"per_second\": %.1f", sender->wall_ms,
        seconds, seconds > 0 ? (double)sender->accepted / seconds : 0);
    printf(", \"latency_ms\": {\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}}\n",
        latency_ms(sender, 0.5), latency_ms(sender, 0.99), latency_ms(sender, 1));
}

static void sender_open(struct sender *sender)
{
    const struct options *options = &sender->options;
    size_t connections = (size_t)options->connections;

    sender->request = request_create(options);
    sender->connections = must(calloc(connections, sizeof *sender->connections));
    sender->idle = must(calloc(connections, sizeof(struct connection *)));
    sender->latencies = must(calloc(options->count, sizeof *sender->latencies));
    sender->poll = epoll_create1(EPOLL_CLOEXEC);
    if (options->accepted && !(sender->log = fopen(options->accepted, "we")))
        die("%s: %s", options->accepted, strerror(errno));
    for (size_t i = connections; i-- > 0;) {
        sender->connections[i].sender = sender;
        connection_open(&sender->connections[i]);
        connection_release(&sender->connections[i]);
    }
}

static void sender_close(struct sender *sender)
{
    if (sender->log && fclose(sender->log) != 0)
        die("%s: %s", sender->options.accepted, strerror(errno));
    for (int i = 0; i < sender->options.connections; i++) {
        close(sender->connections[i].fd);
        free(sender->connections[i].in.bytes);
        free(sender->connections[i].out.bytes);
    }
    free(sender->connections);
    free(sender->idle);
    free(sender->latencies);
    free(sender->request.bytes);
    close(sender->poll);
}

int main(int argc, char **argv)
{
    struct sender sender = {.options = options_read(argc, argv)};
    struct timespec wall;

    sender_open(&sender);
    clock_gettime(CLOCK_REALTIME, &wall);
    sender.wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
    sender.began_ns = sender.ended_ns = now_ns();
    sender_run(&sender);
    summary_print(&sender);
    bool is_all = sender.accepted == sender.sent - sender.resent;
    sender_close(&sender);
    return is_all ? 0 : 3;
}
