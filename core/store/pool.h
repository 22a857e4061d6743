/* Memory that ends all at once: what one request was given, and what it found. A zeroed struct is
 * an empty pool. */
#ifndef TOCSIN_STORE_POOL_H
#define TOCSIN_STORE_POOL_H

#include <stddef.h>

struct chunk;

struct pool {
    struct chunk *newest;
};

/* Zeroed, aligned for anything. */
void *pool_alloc(struct pool *pool, size_t size);
void *pool_copy(struct pool *pool, const void *bytes, size_t len);

/* A copy; that of NULL is NULL. */
char *pool_text(struct pool *pool, const char *text);

/* The same, but that of NULL is "". */
char *pool_text_or_empty(struct pool *pool, const char *text);

void pool_finish(struct pool *pool);

#endif
