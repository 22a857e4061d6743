/* Recorded events in order, as the router saw them. */
#include "store/reader.h"

#include "store/list.h"
#include "store/loaded.h"

/* The targets of a decision; what was lost before it could be routed has one to no sink. */
struct targets {
    struct list sinks, rules; /* of const char * */
    const char *trace;
    bool is_routed;
};

static void read_target(
    struct database *db, struct pool *pool, store_id delivery, struct targets *targets)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_TARGET, WITH(number(delivery)));

    if (!statement_next(db, row) || !*column_words(row, 0))
        return;
    *(const char **)list_add(&targets->sinks, pool, sizeof(char *)) = column_text(pool, row, 0);
    *(const char **)list_add(&targets->rules, pool, sizeof(char *)) = column_text(pool, row, 1);
}

static struct targets read_targets(struct database *db, struct pool *pool, store_id event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_DECISION, WITH(number(event)));
    struct targets targets = {0};

    if (!statement_next(db, row))
        return targets;
    store_id first = sqlite3_column_int64(row, 0), end = first + sqlite3_column_int64(row, 1);
    targets.trace = column_text(pool, row, 2);
    targets.is_routed = true;
    for (store_id id = first; id < end; id++)
        read_target(db, pool, id, &targets);
    return targets;
}

static bool show(struct database *db, store_id event, archive_scan_visit visit, void *arg)
{
    struct pool pool = {0};
    struct store_loaded loaded;
    bool is_there = loaded_read(db, &pool, event, &loaded);
    struct targets targets = read_targets(db, &pool, event);
    const struct archive_recorded recorded = {
        .loaded = &loaded,
        .is_routed = targets.is_routed,
        .trace = targets.trace,
        .sinks = targets.sinks.items,
        .rules = targets.rules.items,
        .delivery_count = targets.sinks.count,
    };

    is_there = is_there && !db->fault;
    if (is_there)
        visit(&recorded, arg);
    pool_finish(&pool);
    return is_there;
}

static bool is_meant(const struct archive_scan *scan, int64_t at_ms)
{
    return at_ms >= scan->since_ms && (!scan->until_ms || at_ms <= scan->until_ms);
}

static void walk(struct database *db, const struct archive_scan *scan, archive_scan_visit visit,
    void *arg, store_id *last, bool *more)
{
    auto_reset sqlite3_stmt *row = statement_query(
        db, SQL_SCAN_EVENTS, WITH(number(scan->after), number(ARCHIVE_MOST_SEEN + 1)));
    size_t shown = 0;

    for (int seen = 0; statement_next(db, row); seen++) {
        if (scan->before && sqlite3_column_int64(row, 0) >= scan->before)
            return;
        *more = shown == scan->limit || seen == ARCHIVE_MOST_SEEN;
        if (*more)
            return;
        *last = sqlite3_column_int64(row, 0);
        if (is_meant(scan, sqlite3_column_int64(row, 1)) && show(db, *last, visit, arg))
            shown++;
    }
}

bool reader_scan(struct archive *archive, const struct archive_scan *scan, archive_scan_visit visit,
    void *arg, store_id *last, bool *more, struct error *error)
{
    struct reader *reader = reader_of(archive);

    *last = scan->after;
    *more = false;
    if (!reader_begin(reader, error))
        return false;
    walk(&reader->db, scan, visit, arg, last, more);
    return reader_end(reader, error);
}
