/* The store's threads: named, and deaf to signals, which are the loop's. */
#ifndef TOCSIN_STORE_THREAD_H
#define TOCSIN_STORE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

struct error;

/* At most 15 bytes of name. */
bool thread_start(
    pthread_t *thread, const char *name, void *(*run)(void *), void *arg, struct error *error);

#endif
