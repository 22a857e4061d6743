/* A growing array in a pool. A zeroed struct is an empty list. */
#ifndef TOCSIN_STORE_LIST_H
#define TOCSIN_STORE_LIST_H

#include <stddef.h>

struct pool;

struct list {
    void *items;
    size_t count, room;
};

/* A zeroed place at the end. All calls on a list give the same size. */
void *list_add(struct list *list, struct pool *pool, size_t size);

#endif
