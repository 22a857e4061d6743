#include "base/mailbox.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct mailbox {
    pthread_mutex_t lock;
    struct letter *first;
    struct letter **last; /* where the next letter is hung */
    int fd;               /* eventfd, readable from the first letter until they are taken */
    atomic_int posting;   /* threads inside mailbox_post() */
};

struct mailbox *mailbox_create(void)
{
    struct mailbox *box = mem_alloc(sizeof *box);

    pthread_mutex_init(&box->lock, NULL);
    box->last = &box->first;
    box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (box->fd < 0)
        mem_exhausted();
    return box;
}

void mailbox_destroy(struct mailbox *box)
{
    if (!box)
        return;
    assert(!box->first);
    while (atomic_load(&box->posting) > 0)
        sched_yield(); /* its letter is here already, its ring not yet */
    pthread_mutex_destroy(&box->lock);
    close(box->fd);
    free(box);
}

static void ring(const struct mailbox *box)
{
    uint64_t one = 1;
    ssize_t written = write(box->fd, &one, sizeof one);

    assert(written == (ssize_t)sizeof one);
    (void)written;
}

/* Rings outside the lock: the reader wakes at once, and would wait for it. */
void mailbox_post(struct mailbox *box, struct letter *letter)
{
    letter->next = NULL;
    atomic_fetch_add(&box->posting, 1);
    pthread_mutex_lock(&box->lock);
    bool was_empty = !box->first;
    *box->last = letter;
    box->last = &letter->next;
    pthread_mutex_unlock(&box->lock);
    if (was_empty)
        ring(box);
    atomic_fetch_sub(&box->posting, 1);
}

/* The ring is heard before the letters are taken, so that one that comes between is not missed. */
struct letter *mailbox_take_all(struct mailbox *box)
{
    uint64_t count;
    ssize_t rung = read(box->fd, &count, sizeof count);

    (void)rung; /* none yet, or one whose letters were taken before */
    pthread_mutex_lock(&box->lock);
    struct letter *letters = box->first;
    box->first = NULL;
    box->last = &box->first;
    pthread_mutex_unlock(&box->lock);
    return letters;
}

struct letter *mailbox_wait(struct mailbox *box, int timeout_ms)
{
    struct pollfd readable = {.fd = box->fd, .events = POLLIN};
    struct letter *letters;

    do {
        poll(&readable, 1, timeout_ms);
        letters = mailbox_take_all(box);
    } while (!letters && timeout_ms < 0);
    return letters;
}

int mailbox_fd(const struct mailbox *box)
{
    return box->fd;
}
