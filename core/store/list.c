#include "store/list.h"

#include <string.h>

#include "store/pool.h"

void *list_add(struct list *list, struct pool *pool, size_t size)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 8;
        void *items = pool_alloc(pool, room * size);
        if (list->count)
            memcpy(items, list->items, list->count * size);
        list->items = items;
        list->room = room;
    }
    return (char *)list->items + list->count++ * size;
}
