/* The newest deliveries that wait, and dead letters. */
#include "store/reader.h"

#include <string.h>

#include "store/list.h"
#include "store/pool.h"

static struct archive_delivery read_delivery(sqlite3_stmt *row)
{
    return (struct archive_delivery){
        .delivery = sqlite3_column_int64(row, 0),
        .event = sqlite3_column_int64(row, 1),
        .state = (enum store_state)sqlite3_column_int(row, 2),
        .sink = column_words(row, 3),
        .thread = column_words(row, 4),
        .rule = column_words(row, 5),
        .level = sqlite3_column_int(row, 6),
        .attempts = sqlite3_column_int(row, 7),
        .losses = sqlite3_column_int(row, 8),
        .in_doubt = sqlite3_column_int(row, 9),
        .moved = sqlite3_column_int(row, 10),
        .created_ms = sqlite3_column_int64(row, 11),
        .due_ms = sqlite3_column_int64(row, 12),
        .finished_ms = sqlite3_column_int64(row, 13),
        .reason = column_words(row, 14),
    };
}

static bool is_meant(
    const struct archive_deliveries *deliveries, const struct archive_delivery *delivery)
{
    int64_t time_ms =
        delivery->state == STORE_FINISHED ? delivery->finished_ms : delivery->created_ms;

    return time_ms >= deliveries->since_ms &&
           (!deliveries->until_ms || time_ms <= deliveries->until_ms) &&
           (!deliveries->sink || strcmp(deliveries->sink, delivery->sink) == 0);
}

/* A dead letter tells by itself why it is one; what waits, why it waits still. */
static void show(
    struct database *db, struct archive_delivery *delivery, archive_delivery_visit visit, void *arg)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_READ_LAST_ATTEMPT, WITH(number(delivery->delivery)));

    if (statement_next(db, row)) {
        delivery->status = sqlite3_column_int(row, 0);
        if (delivery->state != STORE_FINISHED)
            delivery->reason = column_words(row, 1);
    }
    visit(delivery, arg);
}

static void walk(struct database *db, const struct archive_deliveries *deliveries,
    archive_delivery_visit visit, void *arg, struct archive_cursor *cursor)
{
    static const enum statement by_state[] = {[ARCHIVE_WAITING] = SQL_READ_WAITING,
        [ARCHIVE_DEAD] = SQL_READ_DEAD,
        [ARCHIVE_BOTH] = SQL_READ_BOTH};
    auto_reset sqlite3_stmt *row = statement_query(db, by_state[deliveries->state],
        WITH(number(deliveries->before ? deliveries->before : INT64_MAX),
            number(ARCHIVE_MOST_SEEN + 1)));
    size_t shown = 0;

    for (int seen = 0; statement_next(db, row); seen++) {
        cursor->more = shown == deliveries->limit || seen == ARCHIVE_MOST_SEEN;
        if (cursor->more)
            return;
        struct archive_delivery delivery = read_delivery(row);
        cursor->before = delivery.delivery;
        if (!is_meant(deliveries, &delivery))
            continue;
        show(db, &delivery, visit, arg);
        shown++;
    }
}

bool reader_find_deliveries(struct archive *archive, const struct archive_deliveries *deliveries,
    archive_delivery_visit visit, void *arg, struct archive_cursor *cursor, struct error *error)
{
    struct reader *reader = reader_of(archive);

    *cursor = (struct archive_cursor){.before = deliveries->before};
    if (!reader_begin(reader, error))
        return false;
    walk(&reader->db, deliveries, visit, arg, cursor);
    return reader_end(reader, error);
}

/* Sinks are few, and most of them come soon. */
struct seen {
    struct pool pool;
    struct list sinks; /* of const char * */
};

static bool is_new(struct seen *seen, const char *sink)
{
    const char *const *sinks = seen->sinks.items;

    for (size_t i = 0; i < seen->sinks.count; i++)
        if (strcmp(sinks[i], sink) == 0)
            return false;
    *(const char **)list_add(&seen->sinks, &seen->pool, sizeof sink) = pool_text(&seen->pool, sink);
    return true;
}

bool reader_oldest(
    struct archive *archive, archive_oldest_visit visit, void *arg, struct error *error)
{
    struct reader *reader = reader_of(archive);
    struct seen seen = {0};

    if (!reader_begin(reader, error))
        return false;
    sqlite3_stmt *row =
        statement_query(&reader->db, SQL_READ_OLDEST, WITH(number(ARCHIVE_MOST_SEEN)));
    while (statement_next(&reader->db, row))
        if (is_new(&seen, column_words(row, 0)))
            visit(column_words(row, 0), sqlite3_column_int64(row, 1), arg);
    sqlite3_reset(row);
    pool_finish(&seen.pool);
    return reader_end(reader, error);
}
