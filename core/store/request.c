#include "store/request.h"

#include <stdlib.h>

#include "base/mem.h"

void *request_create(size_t size, const struct operation *operation, void *arg)
{
    struct request *request = mem_alloc(size);

    request->operation = operation;
    request->arg = arg;
    return request;
}

void request_destroy(struct request *request)
{
    if (!request)
        return;
    pool_finish(&request->pool);
    error_finish(&request->error);
    free(request);
}

void request_run(struct request *request, struct database *db)
{
    error_finish(&request->error);
    request->operation->run(request, db);
}

struct request *request_join(struct letter *letters)
{
    struct request *first = NULL, **last = &first;

    while (letters) {
        *last = (struct request *)letters;
        letters = letters->next;
        while (*last)
            last = &(*last)->next;
    }
    return first;
}
