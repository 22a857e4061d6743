/* One call of the journal on its way: made on the loop with a copy of what it was given, run on the
 * writer's thread, answered on the loop, destroyed. The struct of each operation embeds this as its
 * first member. Requests travel in chains; only the first of a chain is posted as a letter. */
#ifndef TOCSIN_STORE_REQUEST_H
#define TOCSIN_STORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/crash.h"
#include "base/error.h"
#include "base/mailbox.h"
#include "store/pool.h"

struct database;
struct request;

struct operation {
    bool only_reads; /* can be answered when nothing can be written */
    /* On the writer's thread, inside a transaction. Refuses by request->error, before it changed
     * anything; a failed statement is the database's fault to report. It may be run again after a
     * rollback, so it starts afresh each time. */
    void (*run)(struct request *request, struct database *db);
    /* On the loop: calls done. */
    void (*answer)(const struct request *request);
    /* The point before its commit, the one after it is the next; CRASH_NOWHERE where it changes
     * nothing. */
    enum crash_point crash;
};

struct request {
    struct letter letter;
    struct request *next;
    const struct operation *operation;
    struct pool pool; /* what it was given, what it found */
    struct error error;
    void *arg;
};

/* size is that of the embedding struct, which is zeroed. */
void *request_create(size_t size, const struct operation *operation, void *arg);
void request_destroy(struct request *request);
void request_run(struct request *request, struct database *db);

/* The requests of a list of letters, each letter a chain, as one chain. */
struct request *request_join(struct letter *letters);

#endif
