/* Small texts by name. */
#include "store/operations.h"

#include <string.h>

#include "store/database.h"
#include "store/list.h"
#include "store/request.h"

struct putting {
    struct request base;
    const char *key, *value;
    store_done done;
};

static void put(struct request *request, struct database *db)
{
    const struct putting *putting = (const struct putting *)request;

    if (putting->value)
        statement_run(db, SQL_PUT_NOTE, WITH(text(putting->key), text(putting->value)));
    else
        statement_run(db, SQL_REMOVE_NOTE, WITH(text(putting->key)));
}

static void answer_put(const struct request *request)
{
    const struct putting *putting = (const struct putting *)request;

    putting->done(&request->error, request->arg);
}

static const struct operation operation_put = {
    .run = put, .answer = answer_put, .crash = CRASH_NOTE_BEFORE_COMMIT};

struct request *note_put_request(const char *key, const char *value, store_done done, void *arg)
{
    struct putting *putting = request_create(sizeof *putting, &operation_put, arg);

    putting->key = pool_text_or_empty(&putting->base.pool, key);
    putting->value = pool_text(&putting->base.pool, value);
    putting->done = done;
    return &putting->base;
}

struct listing {
    struct request base;
    const char *prefix;
    struct list notes; /* of struct store_note */
    store_notes_done done;
};

static void list(struct request *request, struct database *db)
{
    struct listing *listing = (struct listing *)request;
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LIST_NOTES, WITH(text(listing->prefix)));
    size_t len = strlen(listing->prefix);

    listing->notes = (struct list){0};
    while (statement_next(db, row)) {
        const struct store_note note = {.key = column_text(&request->pool, row, 0),
            .value = column_text(&request->pool, row, 1)};
        if (strncmp(note.key, listing->prefix, len) != 0)
            return;
        *(struct store_note *)list_add(&listing->notes, &request->pool, sizeof note) = note;
    }
}

static void answer_list(const struct request *request)
{
    const struct listing *listing = (const struct listing *)request;

    if (request->error.text)
        listing->done(&request->error, NULL, 0, request->arg);
    else
        listing->done(&request->error, listing->notes.items, listing->notes.count, request->arg);
}

static const struct operation operation_list = {
    .only_reads = true, .run = list, .answer = answer_list};

struct request *note_list_request(const char *prefix, store_notes_done done, void *arg)
{
    struct listing *listing = request_create(sizeof *listing, &operation_list, arg);

    listing->prefix = pool_text_or_empty(&listing->base.pool, prefix);
    listing->done = done;
    return &listing->base;
}
