/* The thread that writes: it takes all requests that wait, runs them in one transaction, commits,
 * and answers. It owns the ledger's connection. */
#ifndef TOCSIN_STORE_WRITER_H
#define TOCSIN_STORE_WRITER_H

#include "store/journal.h"

struct error;
struct logger;
struct mailbox;
struct request;
struct store_health;
struct writer;

/* Opens the ledger (or makes it), recovers, starts. Answers are posted as chains of requests in the
 * order of posting, one letter a group. path, answers and logger must outlive it. */
struct writer *writer_create(const char *path, int64_t max_bytes, struct mailbox *answers,
    const struct logger *logger, struct error *error);

/* Closes the ledger cleanly. Nothing may be in flight. */
void writer_destroy(struct writer *writer);

/* From the loop's thread: a chain of requests. */
void writer_post(struct writer *writer, struct request *chain);

/* From any thread. */
void writer_health(struct writer *writer, struct store_health *health);

/* From any thread. */
void writer_queues(struct writer *writer, store_queue_visit visit, void *arg);

/* From any thread; lives as long as the writer. */
const char *writer_ledger_id(const struct writer *writer);

#endif
