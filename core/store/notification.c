/* What people have read in the inbox. */
#include "store/operations.h"

#include "store/database.h"
#include "store/request.h"

struct marking {
    struct request base;
    struct store_mark_read in;
    store_done done;
};

static void run(struct request *request, struct database *db)
{
    const struct store_mark_read *in = &((const struct marking *)request)->in;

    for (size_t i = 0; i < in->id_count; i++)
        statement_run(db, SQL_MARK_READ, WITH(text(in->reader), number(in->ids[i])));
    if (!in->until)
        return;
    statement_run(db, SQL_MARK_READ_UNTIL, WITH(text(in->reader), number(in->until)));
    statement_run(db, SQL_FORGET_READ, WITH(text(in->reader), number(in->until)));
}

static void answer(const struct request *request)
{
    const struct marking *marking = (const struct marking *)request;

    marking->done(&request->error, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_NOTE_BEFORE_COMMIT};

struct request *mark_read_request(const struct store_mark_read *read, store_done done, void *arg)
{
    struct marking *marking = request_create(sizeof *marking, &operation, arg);
    struct pool *pool = &marking->base.pool;

    marking->in = *read;
    marking->in.reader = pool_text_or_empty(pool, read->reader);
    marking->in.ids = pool_copy(pool, read->ids, read->id_count * sizeof *read->ids);
    marking->done = done;
    return &marking->base;
}
