/* An event's body and objects. It goes through the writer like the rest, although it only reads: so
 * done runs in the order of the calls, an event is there once its acceptance was asked for, and
 * nothing is read twice at once. It is answered while nothing can be written, too. */
#include "store/operations.h"

#include <inttypes.h>

#include "store/database.h"
#include "store/loaded.h"
#include "store/request.h"

struct loading {
    struct request base;
    store_id event;
    struct store_loaded out;
    store_load_done done;
};

static void run(struct request *request, struct database *db)
{
    struct loading *loading = (struct loading *)request;

    if (!loaded_read(db, &request->pool, loading->event, &loading->out))
        error_set(&request->error, "event %" PRId64 " is not in the ledger", loading->event);
}

static void answer(const struct request *request)
{
    const struct loading *loading = (const struct loading *)request;

    loading->done(&request->error, request->error.text ? NULL : &loading->out, request->arg);
}

static const struct operation operation = {.only_reads = true, .run = run, .answer = answer};

struct request *load_request(store_id event, store_load_done done, void *arg)
{
    struct loading *loading = request_create(sizeof *loading, &operation, arg);

    loading->event = event;
    loading->done = done;
    return &loading->base;
}
