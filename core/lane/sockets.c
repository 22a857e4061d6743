#include "lane/sockets.h"

#include <assert.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct watch {
    struct sockets *sockets;
    struct event *readiness; /* NULL while the loop does not watch */
    short watched;           /* what readiness is for */
    short wanted;
    bool is_ours; /* opened here, hence closed here */
};

struct sockets {
    struct event_base *base;
    socket_ready ready;
    void *arg;
    struct watch **watches; /* by descriptor; NULL: none */
    size_t room;
};

struct sockets *sockets_create(struct event_base *base, socket_ready ready, void *arg)
{
    struct sockets *sockets = mem_alloc(sizeof *sockets);

    sockets->base = base;
    sockets->ready = ready;
    sockets->arg = arg;
    return sockets;
}

static void stop_watching(struct watch *watch)
{
    if (watch->readiness)
        event_free(watch->readiness);
    watch->readiness = NULL;
}

static void watch_destroy(struct watch *watch)
{
    stop_watching(watch);
    free(watch);
}

void sockets_destroy(struct sockets *sockets)
{
    if (!sockets)
        return;
    for (size_t fd = 0; fd < sockets->room; fd++)
        if (sockets->watches[fd])
            watch_destroy(sockets->watches[fd]);
    free(sockets->watches);
    free(sockets);
}

static struct watch **watch_place(struct sockets *sockets, int fd)
{
    size_t place = (size_t)fd;

    assert(fd >= 0);
    if (place >= sockets->room) {
        size_t room = place * 2 + 16;
        sockets->watches = mem_resize(sockets->watches, room * sizeof(struct watch *));
        memset(
            sockets->watches + sockets->room, 0, (room - sockets->room) * sizeof(struct watch *));
        sockets->room = room;
    }
    return &sockets->watches[place];
}

static void watch_forget(struct sockets *sockets, int fd)
{
    struct watch **place = watch_place(sockets, fd);

    if (*place)
        watch_destroy(*place);
    *place = NULL;
}

static struct watch *watch_create(struct sockets *sockets, int fd)
{
    struct watch *watch = mem_alloc(sizeof *watch);

    watch_forget(sockets, fd); /* one that was closed elsewhere without a word */
    watch->sockets = sockets;
    *watch_place(sockets, fd) = watch;
    return watch;
}

int sockets_open(struct sockets *sockets, int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);

    if (fd >= 0)
        watch_create(sockets, fd)->is_ours = true;
    return fd;
}

int sockets_close(struct sockets *sockets, int fd)
{
    watch_forget(sockets, fd);
    return close(fd);
}

static void on_ready(evutil_socket_t fd, short kinds, void *arg)
{
    struct watch *watch = arg;

    if (kinds & watch->wanted)
        watch->sockets->ready(fd, kinds & watch->wanted, watch->sockets->arg);
    else
        /* The far end of a resting connection closed it, or talks out of turn. That is found out
         * when the connection is to be used again; to go on watching would keep the loop busy. */
        stop_watching(watch);
}

static void start_watching(struct watch *watch, int fd)
{
    short kinds = (short)(watch->wanted | EV_PERSIST);

    watch->watched = watch->wanted;
    watch->readiness = event_new(watch->sockets->base, fd, kinds, on_ready, watch);
    if (!watch->readiness || event_add(watch->readiness, NULL) < 0)
        mem_exhausted();
}

void sockets_want(struct sockets *sockets, int fd, short kinds)
{
    struct watch *watch = *watch_place(sockets, fd);

    if (!watch && kinds)
        watch = watch_create(sockets, fd);
    if (!watch)
        return;
    watch->wanted = kinds;
    if (!kinds && !watch->is_ours)
        watch_forget(sockets, fd);
    if (!kinds || (watch->readiness && watch->watched == kinds))
        return;
    stop_watching(watch);
    start_watching(watch, fd);
}
