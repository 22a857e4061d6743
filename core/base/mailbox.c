#include "base/mailbox.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
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
    pthread_mutex_destroy(&box->lock);
    close(box->fd);
    free(box);
}

static void ring(const struct mailbox *box)
{
    uint64_t one = 1;
    ssize_t written = write(box->fd, &one, sizeof one);

    /* The counter is at most one: every taking reads it away. */
    assert(written == (ssize_t)sizeof one);
    (void)written;
}

void mailbox_post(struct mailbox *box, struct letter *letter)
{
    letter->next = NULL;
    pthread_mutex_lock(&box->lock);
    bool was_empty = !box->first;
    *box->last = letter;
    box->last = &letter->next;
    if (was_empty)
        ring(box); /* inside the lock: a reader may destroy the box once it has the letter */
    pthread_mutex_unlock(&box->lock);
}

struct letter *mailbox_take_all(struct mailbox *box)
{
    uint64_t count;

    pthread_mutex_lock(&box->lock);
    struct letter *letters = box->first;
    box->first = NULL;
    box->last = &box->first;
    if (letters) {
        ssize_t rung = read(box->fd, &count, sizeof count);
        assert(rung == (ssize_t)sizeof count); /* no letter without its ring */
        (void)rung;
    }
    pthread_mutex_unlock(&box->lock);
    return letters;
}

struct letter *mailbox_wait(struct mailbox *box, int timeout_ms)
{
    struct pollfd readable = {.fd = box->fd, .events = POLLIN};

    poll(&readable, 1, timeout_ms);
    return mailbox_take_all(box);
}

int mailbox_fd(const struct mailbox *box)
{
    return box->fd;
}
