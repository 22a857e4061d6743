/* A far end that is never the slower one: takes posts on loopback, answers as told, and counts the
 * numbers ("no0000123x") in their bodies. One thread, epoll, kept-alive connections.
 *
 *   GET /ok  /fail  /busy  /hang  /reset    how posts are answered from now on: 200 "ok", 500, 429
 *                                           with Retry-After: 1, never, by closing in mid-answer
 *   GET /counts    {"posts": all, "taken": answered 200, "numbers": different ones among them,
 *                   "again": taken more than once, "unmarked": of these without the mark}
 *   GET /numbers   one byte a number, from 0: how often it was taken (at most 255) */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    most_numbers = 2000000,
    most_bytes = 1 << 20, /* of a request */
    at_once = 256,
};

enum manner {
    MANNER_OK,
    MANNER_FAIL,
    MANNER_BUSY,
    MANNER_HANG,
    MANNER_RESET,
};

static const struct {
    const char *path, *answer;
} manners[] = {
    [MANNER_OK] = {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
    [MANNER_FAIL] = {"/fail", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"},
    [MANNER_BUSY] = {"/busy", "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"
                              "Content-Length: 0\r\n\r\n"},
    [MANNER_HANG] = {"/hang", ""},
    [MANNER_RESET] = {"/reset", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"},
};

struct far_end {
    int poll;
    enum manner manner;
    uint64_t posts, taken, again, unmarked, distinct;
    uint32_t highest;
    uint8_t *numbers, *plain; /* how often a number came; how often without the mark */
};

struct client {
    int fd;
    char *bytes;
    size_t len, room;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void client_close(struct client *client)
{
    close(client->fd);
    free(client->bytes);
    free(client);
}

static void count_number(struct far_end *far, uint32_t number, int is_marked)
{
    if (number >= most_numbers)
        return;
    if (number > far->highest)
        far->highest = number;
    if (far->numbers[number]++ == 0)
        far->distinct++;
    else
        far->again++;
    if (far->numbers[number] == 0)
        far->numbers[number] = 255;
    if (!is_marked && far->plain[number]++ > 0)
        far->unmarked++;
}

static void take(struct far_end *far, const char *body)
{
    int is_marked = strcasestr(body, "repeat") != NULL;
    const char *at = body;

    far->taken++;
    while ((at = strstr(at, "no"))) {
        char *end;
        at += 2;
        unsigned long number = strtoul(at, &end, 10);
        if (end - at == 7 && *end == 'x') {
            count_number(far, (uint32_t)number, is_marked);
            return;
        }
    }
}

static int send_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        at += sent;
        len -= (size_t)sent;
    }
    return 0;
}

static int answer_post(struct far_end *far, struct client *client, const char *body)
{
    const char *answer = manners[far->manner].answer;

    far->posts++;
    if (far->manner == MANNER_OK)
        take(far, body);
    if (send_all(client->fd, answer, strlen(answer)) < 0 || far->manner == MANNER_RESET)
        return -1;
    return 0;
}

static int answer_bytes(struct client *client, const void *bytes, size_t len)
{
    char head[128];
    int head_len =
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);

    return send_all(client->fd, head, (size_t)head_len) < 0 ? -1 : send_all(client->fd, bytes, len);
}

static int answer_get(struct far_end *far, struct client *client, const char *path)
{
    char text[256];
    int len = snprintf(text, sizeof text,
        "{\"posts\": %llu, \"taken\": %llu, \"numbers\": %llu, \"again\": %llu, \"unmarked\": "
        "%llu}",
        (unsigned long long)far->posts, (unsigned long long)far->taken,
        (unsigned long long)far->distinct, (unsigned long long)far->again,
        (unsigned long long)far->unmarked);

    if (strncmp(path, "/numbers ", 9) == 0)
        return answer_bytes(client, far->numbers, far->highest + 1);
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        size_t path_len = strlen(manners[i].path);
        if (strncmp(path, manners[i].path, path_len) == 0 && path[path_len] == ' ')
            far->manner = (enum manner)i;
    }
    return answer_bytes(client, text, (size_t)len);
}

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\nContent-Length:");

    return at ? strtoul(at + 17, NULL, 10) : 0;
}

/* How long the first whole request is; 0 while it is not whole. */
static size_t request_length(const struct client *client, char **body)
{
    char *end = strstr(client->bytes, "\r\n\r\n");

    if (!end)
        return 0;
    *body = end + 4;
    size_t len = (size_t)(*body - client->bytes) + body_length(client->bytes);
    return len <= client->len ? len : 0;
}

static int answer_whole_requests(struct far_end *far, struct client *client)
{
    char *body;
    size_t len;

    while ((len = request_length(client, &body))) {
        char after = client->bytes[len];
        client->bytes[len] = '\0';
        int status = strncmp(client->bytes, "GET ", 4) == 0
                         ? answer_get(far, client, client->bytes + 4)
                         : answer_post(far, client, body);
        client->bytes[len] = after;
        if (status < 0)
            return -1;
        client->len -= len;
        memmove(client->bytes, client->bytes + len, client->len + 1);
    }
    return 0;
}

static void on_readable(struct far_end *far, struct client *client)
{
    if (client->room - client->len < 4096) {
        client->room = client->room ? client->room * 2 : 16384;
        client->bytes = client->room > most_bytes ? NULL : realloc(client->bytes, client->room);
        if (!client->bytes)
            die("a request is too long");
    }
    ssize_t got = recv(client->fd, client->bytes + client->len, client->room - client->len - 1, 0);
    if (got < 0 && errno == EINTR)
        return;
    if (got > 0) {
        client->len += (size_t)got;
        client->bytes[client->len] = '\0';
    }
    if (got <= 0 || answer_whole_requests(far, client) < 0)
        client_close(client);
}

static void on_connection(struct far_end *far, int listener)
{
    struct client *client = calloc(1, sizeof *client);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = client};

    if (!client)
        die("memory");
    client->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client->fd < 0 || epoll_ctl(far->poll, EPOLL_CTL_ADD, client->fd, &wanted) < 0)
        die("accept a connection");
}

static int listen_on_loopback(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 128) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) < 0)
        die("listen");
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv)
{
    struct far_end far = {.poll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event wanted = {.events = EPOLLIN}, events[at_once];

    far.numbers = calloc(most_numbers, 1);
    far.plain = calloc(most_numbers, 1);
    if (far.poll < 0 || !far.numbers || !far.plain)
        die("start");
    int listener = listen_on_loopback((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
    if (epoll_ctl(far.poll, EPOLL_CTL_ADD, listener, &wanted) < 0)
        die("listen");
    for (;;) {
        int count = epoll_wait(far.poll, events, at_once, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                on_readable(&far, events[i].data.ptr);
            else
                on_connection(&far, listener);
        }
    }
}
