/* How many deliveries wait at each sink: counted when the ledger is opened, and then along with
 * each transaction. The writer changes, anybody may look. */
#ifndef TOCSIN_STORE_QUEUES_H
#define TOCSIN_STORE_QUEUES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "store/journal.h"

struct queue;
struct queue_step;

struct queues {
    pthread_mutex_t lock;
    struct queue *by_sink;
    struct queue_step *steps; /* of the open transaction */
    size_t count, room;
};

void queues_init(struct queues *queues);
void queues_finish(struct queues *queues);

/* Forgets all counts. */
void queues_clear(struct queues *queues);

/* Takes effect with the commit. */
void queues_add(struct queues *queues, const char *sink, int change);
void queues_commit(struct queues *queues);

/* Forgets the steps of this transaction from that one on. */
void queues_rollback(struct queues *queues, size_t step);

/* From any thread; visit is called under the lock. */
void queues_visit(struct queues *queues, store_queue_visit visit, void *arg);

#endif
