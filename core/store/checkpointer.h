/* A thread that moves what is in the write-ahead log into the ledger's file, so that the writer
 * need not wait for that. It has a connection of its own, only while it works. All calls belong to
 * the writer's thread. */
#ifndef TOCSIN_STORE_CHECKPOINTER_H
#define TOCSIN_STORE_CHECKPOINTER_H

#include <stdbool.h>

struct checkpointer;
struct error;

struct checkpointer *checkpointer_create(const char *path, struct error *error);
void checkpointer_destroy(struct checkpointer *checkpointer);

/* Not while it is busy. */
void checkpointer_start(struct checkpointer *checkpointer);
bool checkpointer_is_busy(struct checkpointer *checkpointer);

/* Returns when its connection is closed. */
void checkpointer_wait(struct checkpointer *checkpointer);

#endif
