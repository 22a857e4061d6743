/* Claims given back: nothing was sent. */
#include "store/operations.h"

#include "store/database.h"
#include "store/hold.h"
#include "store/request.h"

struct releasing {
    struct request base;
    struct store_hold *holds;
    size_t count;
    store_done done;
};

static void run(struct request *request, struct database *db)
{
    struct releasing *releasing = (struct releasing *)request;
    struct held held;

    for (size_t i = 0; i < releasing->count; i++)
        if (!hold_check(db, &releasing->holds[i], &request->pool, &held, &request->error))
            return;
    for (size_t i = 0; i < releasing->count; i++) {
        statement_run(db, SQL_RELEASE_DELIVERY,
            WITH(number(releasing->holds[i].delivery), number(releasing->holds[i].claim)));
        if (db->marks.suspect == releasing->holds[i].delivery)
            db->marks.suspect = 0;
    }
}

static void answer(const struct request *request)
{
    const struct releasing *releasing = (const struct releasing *)request;

    releasing->done(&request->error, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_RELEASE_BEFORE_COMMIT};

struct request *release_request(
    const struct store_hold *holds, size_t count, store_done done, void *arg)
{
    struct releasing *releasing = request_create(sizeof *releasing, &operation, arg);

    releasing->holds = pool_copy(&releasing->base.pool, holds, count * sizeof *holds);
    releasing->count = count;
    releasing->done = done;
    return &releasing->base;
}
