/* Events that wait for a router, in the order of their acceptance. */
#include "store/operations.h"

#include "store/database.h"
#include "store/list.h"
#include "store/request.h"

struct handing_out {
    struct request base;
    size_t max, bytes;
    struct list events; /* of struct store_event */
    store_events_done done;
};

static struct store_event read_event(struct pool *pool, sqlite3_stmt *row)
{
    struct store_event event = {
        .event = sqlite3_column_int64(row, 0),
        .losses = sqlite3_column_int(row, 1),
        .replay = (enum store_replay)sqlite3_column_int(row, 2),
        .at_ms = sqlite3_column_int64(row, 3),
        .hook = column_text(pool, row, 4),
        .type = column_text(pool, row, 5),
        .action = column_text(pool, row, 6),
        .thread = column_text(pool, row, 7),
    };

    event.body = column_blob(pool, row, 8, &event.body_len);
    return event;
}

/* How many may share a page: what was lost before goes in small company, and what was lost twice
 * goes alone, so that few are lost together with the one that ends the daemon. */
static size_t company(const struct handing_out *handing, int losses)
{
    if (losses >= STORE_SUSPECT_LOSSES)
        return 1;
    return losses && handing->max > STORE_CAREFUL_EVENTS ? STORE_CAREFUL_EVENTS : handing->max;
}

static void find(struct handing_out *handing, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_UNCLAIMED_EVENTS, WITH(number((int64_t)handing->max)));
    size_t bytes = 0, most = handing->max;

    while (bytes < handing->bytes && handing->events.count < most && statement_next(db, row)) {
        size_t fits = company(handing, sqlite3_column_int(row, 1));
        if (handing->events.count >= fits)
            return;
        most = fits < most ? fits : most;
        struct store_event event = read_event(&handing->base.pool, row);
        *(struct store_event *)list_add(&handing->events, &handing->base.pool, sizeof event) =
            event;
        bytes += event.body_len;
    }
}

static void run(struct request *request, struct database *db)
{
    struct handing_out *handing = (struct handing_out *)request;

    handing->events = (struct list){0};
    find(handing, db);
    const struct store_event *events = handing->events.items;
    for (size_t i = 0; i < handing->events.count; i++) {
        store_id claim = ++db->marks.claim;
        statement_run(db, SQL_CLAIM_EVENT, WITH(number(events[i].event), number(claim)));
    }
}

static void answer(const struct request *request)
{
    const struct handing_out *handing = (const struct handing_out *)request;

    if (request->error.text)
        handing->done(&request->error, NULL, 0, request->arg);
    else
        handing->done(&request->error, handing->events.items, handing->events.count, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_NEXT_EVENTS_BEFORE_COMMIT};

struct request *hand_out_request(size_t max, size_t bytes, store_events_done done, void *arg)
{
    struct handing_out *handing = request_create(sizeof *handing, &operation, arg);

    handing->max = max;
    handing->bytes = bytes ? bytes : 1; /* one event is always handed out, however big */
    handing->done = done;
    return &handing->base;
}
