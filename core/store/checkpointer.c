#include "store/checkpointer.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/crash.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "store/thread.h"

struct checkpointer {
    pthread_t thread;
    char *path;
    struct mailbox *orders, *reports;
    struct letter work; /* goes to and fro */
    struct letter stop;
    bool is_busy;
};

/* The connection changes no data: query_only lets it do nothing but this. Its failure needs no
 * words: the log grows, and the writer meets the same trouble with more to say about it. */
static void checkpoint(const char *path)
{
    sqlite3 *handle = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

    if (sqlite3_open_v2(path, &handle, flags, NULL) == SQLITE_OK &&
        sqlite3_exec(handle, "PRAGMA query_only = ON; PRAGMA synchronous = FULL", NULL, NULL,
            NULL) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sqlite3_close(handle);
}

static void *run(void *arg)
{
    struct checkpointer *checkpointer = arg;

    for (;;) {
        struct letter *letter = mailbox_wait(checkpointer->orders, -1);
        if (letter == &checkpointer->stop)
            return NULL;
        if (!letter)
            continue;
        assert(letter == &checkpointer->work && !letter->next);
        crash_point(CRASH_CHECKPOINT_BEFORE);
        checkpoint(checkpointer->path);
        crash_point(CRASH_CHECKPOINT_AFTER);
        mailbox_post(checkpointer->reports, letter);
    }
}

struct checkpointer *checkpointer_create(const char *path, struct error *error)
{
    struct checkpointer *checkpointer = mem_alloc(sizeof *checkpointer);

    checkpointer->path = text_copy(path);
    checkpointer->orders = mailbox_create();
    checkpointer->reports = mailbox_create();
    if (thread_start(&checkpointer->thread, "checkpointer", run, checkpointer, error))
        return checkpointer;
    mailbox_destroy(checkpointer->orders);
    mailbox_destroy(checkpointer->reports);
    free(checkpointer->path);
    free(checkpointer);
    return NULL;
}

void checkpointer_destroy(struct checkpointer *checkpointer)
{
    if (!checkpointer)
        return;
    checkpointer_wait(checkpointer);
    mailbox_post(checkpointer->orders, &checkpointer->stop);
    pthread_join(checkpointer->thread, NULL);
    mailbox_destroy(checkpointer->orders);
    mailbox_destroy(checkpointer->reports);
    free(checkpointer->path);
    free(checkpointer);
}

void checkpointer_start(struct checkpointer *checkpointer)
{
    assert(!checkpointer->is_busy);
    checkpointer->is_busy = true;
    mailbox_post(checkpointer->orders, &checkpointer->work);
}

bool checkpointer_is_busy(struct checkpointer *checkpointer)
{
    if (checkpointer->is_busy && mailbox_take_all(checkpointer->reports))
        checkpointer->is_busy = false;
    return checkpointer->is_busy;
}

void checkpointer_wait(struct checkpointer *checkpointer)
{
    while (checkpointer->is_busy)
        if (mailbox_wait(checkpointer->reports, -1))
            checkpointer->is_busy = false;
}
