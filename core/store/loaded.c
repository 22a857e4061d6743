#include "store/loaded.h"

#include "store/database.h"
#include "store/list.h"

static bool read_event(
    struct database *db, struct pool *pool, store_id event, struct store_loaded *loaded)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LOAD_EVENT, WITH(number(event)));

    if (!statement_next(db, row))
        return false;
    loaded->event = event;
    loaded->at_ms = sqlite3_column_int64(row, 0);
    loaded->hook = column_text(pool, row, 1);
    loaded->type = column_text(pool, row, 2);
    loaded->action = column_text(pool, row, 3);
    loaded->thread = column_text(pool, row, 4);
    loaded->body = column_blob(pool, row, 5, &loaded->body_len);
    return true;
}

static void read_objects(
    struct database *db, struct pool *pool, store_id event, struct store_loaded *loaded)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LOAD_OBJECTS, WITH(number(event)));
    struct list objects = {0};

    while (statement_next(db, row)) {
        struct store_loaded_object *object = list_add(&objects, pool, sizeof *object);
        object->name = column_text(pool, row, 0);
        object->status = column_text(pool, row, 1);
        object->bytes = column_blob(pool, row, 2, &object->len);
        object->object = sqlite3_column_int64(row, 3);
    }
    loaded->objects = objects.items;
    loaded->object_count = objects.count;
}

bool loaded_read(
    struct database *db, struct pool *pool, store_id event, struct store_loaded *loaded)
{
    *loaded = (struct store_loaded){0};
    if (!read_event(db, pool, event, loaded))
        return false;
    read_objects(db, pool, event, loaded);
    return true;
}
