#include "store/queues.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

struct queue {
    UT_hash_handle hh;
    int64_t waiting;
    char sink[];
};

struct queue_step {
    struct queue *queue;
    int change;
};

void queues_init(struct queues *queues)
{
    *queues = (struct queues){0};
    pthread_mutex_init(&queues->lock, NULL);
}

static void forget_all(struct queues *queues)
{
    struct queue *queue = queues->by_sink, *next;

    HASH_CLEAR(hh, queues->by_sink);
    for (; queue; queue = next) {
        next = queue->hh.next;
        free(queue);
    }
    queues->count = 0;
}

void queues_finish(struct queues *queues)
{
    forget_all(queues);
    free(queues->steps);
    pthread_mutex_destroy(&queues->lock);
}

void queues_clear(struct queues *queues)
{
    pthread_mutex_lock(&queues->lock);
    forget_all(queues);
    pthread_mutex_unlock(&queues->lock);
}

static struct queue *queue_find(struct queues *queues, const char *sink)
{
    size_t len = strlen(sink);
    struct queue *queue;

    HASH_FIND(hh, queues->by_sink, sink, len, queue);
    if (queue)
        return queue;
    queue = mem_alloc(sizeof *queue + len + 1);
    memcpy(queue->sink, sink, len);
    pthread_mutex_lock(&queues->lock);
    HASH_ADD_KEYPTR(hh, queues->by_sink, queue->sink, len, queue);
    pthread_mutex_unlock(&queues->lock);
    return queue;
}

void queues_add(struct queues *queues, const char *sink, int change)
{
    if (queues->count == queues->room) {
        queues->room = queues->room ? queues->room * 2 : 64;
        queues->steps = mem_resize(queues->steps, queues->room * sizeof *queues->steps);
    }
    queues->steps[queues->count++] = (struct queue_step){queue_find(queues, sink), change};
}

void queues_commit(struct queues *queues)
{
    pthread_mutex_lock(&queues->lock);
    for (size_t i = 0; i < queues->count; i++)
        queues->steps[i].queue->waiting += queues->steps[i].change;
    pthread_mutex_unlock(&queues->lock);
    queues->count = 0;
}

void queues_rollback(struct queues *queues, size_t step)
{
    if (queues->count > step)
        queues->count = step;
}

void queues_visit(struct queues *queues, store_queue_visit visit, void *arg)
{
    struct queue *queue, *next;

    pthread_mutex_lock(&queues->lock);
    HASH_ITER (hh, queues->by_sink, queue, next) {
        const struct store_queue seen = {.sink = queue->sink, .waiting = queue->waiting};
        visit(&seen, arg);
    }
    pthread_mutex_unlock(&queues->lock);
}
