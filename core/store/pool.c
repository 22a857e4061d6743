#include "store/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    chunk_size = 1024,
};

struct chunk {
    struct chunk *older;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

static struct chunk *chunk_add(struct pool *pool, size_t size)
{
    struct chunk *chunk;

    if (size < chunk_size)
        size = chunk_size;
    chunk = mem_alloc(sizeof *chunk + size);
    chunk->older = pool->newest;
    chunk->size = size;
    pool->newest = chunk;
    return chunk;
}

void *pool_alloc(struct pool *pool, size_t size)
{
    struct chunk *chunk = pool->newest;
    size_t room =
        (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);

    if (room < size)
        mem_exhausted();
    if (!chunk || chunk->size - chunk->used < room)
        chunk = chunk_add(pool, room);
    void *memory = chunk->bytes + chunk->used;
    chunk->used += room;
    return memory;
}

void *pool_copy(struct pool *pool, const void *bytes, size_t len)
{
    void *copy = pool_alloc(pool, len);

    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

char *pool_text(struct pool *pool, const char *text)
{
    return text ? pool_copy(pool, text, strlen(text) + 1) : NULL;
}

char *pool_text_or_empty(struct pool *pool, const char *text)
{
    return pool_text(pool, text ? text : "");
}

void pool_finish(struct pool *pool)
{
    while (pool->newest) {
        struct chunk *chunk = pool->newest;
        pool->newest = chunk->older;
        free(chunk);
    }
}
