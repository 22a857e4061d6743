/* An event's body and objects. It goes through the writer like the rest, although it only reads: so
 * done runs in the order of the calls, an event is there once its acceptance was asked for, and
 * nothing is read twice at once. It is answered while nothing can be written, too. */
#include "store/operations.h"

#include <inttypes.h>

#include "store/database.h"
#include "store/list.h"
#include "store/request.h"

struct loading {
    struct request base;
    store_id event;
    struct store_loaded out;
    store_load_done done;
};

static void load_event(struct loading *loading, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_LOAD_EVENT, WITH(number(loading->event)));
    struct pool *pool = &loading->base.pool;
    struct store_loaded *out = &loading->out;

    if (!statement_next(db, row)) {
        error_set(&loading->base.error, "event %" PRId64 " is not in the ledger", loading->event);
        return;
    }
    out->event = loading->event;
    out->at_ms = sqlite3_column_int64(row, 0);
    out->hook = column_text(pool, row, 1);
    out->type = column_text(pool, row, 2);
    out->action = column_text(pool, row, 3);
    out->thread = column_text(pool, row, 4);
    out->body = column_blob(pool, row, 5, &out->body_len);
}

static void load_objects(struct loading *loading, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_LOAD_OBJECTS, WITH(number(loading->event)));
    struct pool *pool = &loading->base.pool;
    struct list objects = {0};

    while (statement_next(db, row)) {
        struct store_loaded_object *object = list_add(&objects, pool, sizeof *object);
        object->name = column_text(pool, row, 0);
        object->status = column_text(pool, row, 1);
        object->bytes = column_blob(pool, row, 2, &object->len);
    }
    loading->out.objects = objects.items;
    loading->out.object_count = objects.count;
}

static void run(struct request *request, struct database *db)
{
    struct loading *loading = (struct loading *)request;

    loading->out = (struct store_loaded){0};
    load_event(loading, db);
    if (!request->error.text)
        load_objects(loading, db);
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
