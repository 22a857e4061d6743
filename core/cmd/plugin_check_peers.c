#include "cmd/plugin_check_peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "probe/board.h"

enum {
    most_guests = 64,
    drip_ms = 100,
};

/* A connection that somebody made. */
struct guest {
    int fd;
    enum probe_peer peer;
};

struct peers {
    struct probe_board *board;
    int listeners[PEER_COUNT];
    struct guest guests[most_guests];
    size_t count;
    int stop_fd;
    pthread_t thread;
};

static bool listens(enum probe_peer peer)
{
    return peer != PEER_REFUSES;
}

static bool is_greeted(enum probe_peer peer)
{
    return peer != PEER_STUCK && listens(peer);
}

static void leave_at(struct peers *peers, size_t index)
{
    close(peers->guests[index].fd);
    peers->guests[index] = peers->guests[--peers->count];
}

static void greet(struct peers *peers, enum probe_peer peer)
{
    static const char nonsense[] = "999 \x01\xff{\"<!\r\n\r\n\0ok\r\n";
    const struct linger abort = {1, 0};
    int fd = accept4(peers->listeners[peer], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (peer == PEER_RESETS)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    if (peer == PEER_BABBLES)
        (void)!send(fd, nonsense, sizeof nonsense - 1, MSG_NOSIGNAL);
    if (peer == PEER_RESETS || peer == PEER_CLOSES || peers->count == most_guests)
        close(fd);
    else
        peers->guests[peers->count++] = (struct guest){fd, peer};
}

/* False when the guest has gone. */
static bool read_guest(struct peers *peers, const struct guest *guest)
{
    char bytes[65536];
    ssize_t len = recv(guest->fd, bytes, sizeof bytes, 0);

    if (len > 0)
        atomic_fetch_add(&peers->board->received[guest->peer], (uint64_t)len);
    return len > 0 || (len < 0 && errno == EAGAIN);
}

static void drip(const struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++)
        if (peers->guests[i].peer == PEER_DRIPS)
            (void)!send(peers->guests[i].fd, "2", 1, MSG_NOSIGNAL);
}

/* The stop, the listeners, the guests. */
static nfds_t list_descriptors(const struct peers *peers, struct pollfd *fds)
{
    nfds_t count = 0;

    fds[count++] = (struct pollfd){.fd = peers->stop_fd, .events = POLLIN};
    for (int peer = 0; peer < PEER_COUNT; peer++)
        fds[count++] =
            (struct pollfd){.fd = is_greeted((enum probe_peer)peer) ? peers->listeners[peer] : -1,
                .events = POLLIN};
    for (size_t i = 0; i < peers->count; i++)
        fds[count++] = (struct pollfd){.fd = peers->guests[i].fd, .events = POLLIN};
    return count;
}

static void *serve(void *arg)
{
    struct peers *peers = arg;
    struct pollfd fds[1 + PEER_COUNT + most_guests];

    for (;;) {
        nfds_t count = list_descriptors(peers, fds);
        if (poll(fds, count, drip_ms) == 0)
            drip(peers);
        if (fds[0].revents)
            return NULL;
        for (nfds_t i = count; i-- > 1 + PEER_COUNT;)
            if (fds[i].revents && !read_guest(peers, &peers->guests[i - 1 - PEER_COUNT]))
                leave_at(peers, i - 1 - PEER_COUNT);
        for (int peer = 0; peer < PEER_COUNT; peer++)
            if (fds[1 + peer].revents)
                greet(peers, (enum probe_peer)peer);
    }
}

/* Bound, so that nobody else gets the port; one that refuses does not listen. */
static bool bind_one(struct peers *peers, enum probe_peer peer, struct error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    peers->listeners[peer] = fd;
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) < 0 ||
        (listens(peer) && listen(fd, 64) < 0) ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return error_set(error, "open a port on 127.0.0.1: %s", strerror(errno));
    peers->board->ports[peer] = ntohs(address.sin_port);
    return true;
}

static void peers_free(struct peers *peers)
{
    while (peers->count > 0)
        leave_at(peers, 0);
    for (int peer = 0; peer < PEER_COUNT; peer++)
        if (peers->listeners[peer] >= 0)
            close(peers->listeners[peer]);
    if (peers->stop_fd >= 0)
        close(peers->stop_fd);
    free(peers);
}

struct peers *peers_start(struct probe_board *board, struct error *error)
{
    struct peers *peers = mem_alloc(sizeof *peers);
    bool ok = true;

    peers->board = board;
    peers->stop_fd = eventfd(0, EFD_CLOEXEC);
    for (int peer = 0; peer < PEER_COUNT; peer++)
        peers->listeners[peer] = -1;
    for (int peer = 0; peer < PEER_COUNT && ok; peer++)
        ok = bind_one(peers, (enum probe_peer)peer, error);
    if (ok && pthread_create(&peers->thread, NULL, serve, peers) != 0)
        ok = error_set(error, "start a thread for far ends");
    if (ok)
        return peers;
    peers_free(peers);
    return NULL;
}

void peers_stop(struct peers *peers)
{
    const uint64_t stop = 1;

    if (!peers)
        return;
    if (write(peers->stop_fd, &stop, sizeof stop) == sizeof stop)
        pthread_join(peers->thread, NULL);
    peers_free(peers);
}
