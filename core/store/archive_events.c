/* The newest events that somebody asks for. */
#include "store/reader.h"

#include <string.h>

#include "store/loaded.h"
#include "store/sought.h"

static bool is_same(const char *wanted, const char *found)
{
    return !wanted || strcmp(wanted, found) == 0;
}

static bool is_meant(const struct archive_events *events, const struct archive_event *event)
{
    return event->at_ms >= events->since_ms &&
           (!events->until_ms || event->at_ms <= events->until_ms) &&
           is_same(events->hook, event->hook) && is_same(events->type, event->type) &&
           is_same(events->action, event->action) && is_same(events->thread, event->thread) &&
           (!events->is_wanted || events->is_wanted(event, events->arg));
}

static enum archive_fate fate_of(int result)
{
    switch (result) {
    case STORE_DELIVERED:
        return ARCHIVE_IS_DELIVERED;
    case STORE_DEAD:
        return ARCHIVE_IS_DEAD;
    case STORE_SKIPPED:
        return ARCHIVE_IS_SKIPPED;
    default:
        return ARCHIVE_IS_WAITING;
    }
}

/* What an event's other rows say of it, and whether one of them is sought. */
struct looking {
    struct database *db;
    const struct archive_events *events;
    struct archive_event *event;
    bool is_found;
};

static void look_at_delivery(struct looking *looking, store_id delivery)
{
    struct database *db = looking->db;
    auto_reset sqlite3_stmt *outcome =
        statement_query(db, SQL_READ_OUTCOME, WITH(number(delivery)));
    auto_reset sqlite3_stmt *unfinished =
        statement_query(db, SQL_READ_UNFINISHED, WITH(number(delivery)));
    bool is_over = statement_next(db, outcome);

    if (!is_over && !statement_next(db, unfinished))
        return;
    sqlite3_stmt *row = is_over ? outcome : unfinished;
    enum archive_fate fate = is_over ? fate_of(sqlite3_column_int(outcome, 6)) : ARCHIVE_IS_WAITING;
    looking->event->fates[fate]++;
    looking->is_found |=
        sought_delivery(looking->events, column_words(row, 1), column_words(row, 2), fate);
}

/* A row that begins with the first number, the count and the trace. */
static void look_at_deliveries(struct looking *looking, sqlite3_stmt *row)
{
    store_id first = sqlite3_column_int64(row, 0), end = first + sqlite3_column_int64(row, 1);

    for (store_id id = first; id < end; id++)
        look_at_delivery(looking, id);
    looking->is_found |= sought_trace(looking->events, (const char *)sqlite3_column_text(row, 2));
}

static bool has_sought_delivery(
    struct database *db, const struct archive_events *events, struct archive_event *event)
{
    struct looking looking = {db, events, event, !sought_by_delivery(events)};
    auto_reset sqlite3_stmt *decision =
        statement_query(db, SQL_READ_DECISION, WITH(number(event->event)));
    auto_reset sqlite3_stmt *later =
        statement_query(db, SQL_READ_LATER, WITH(number(event->event)));

    if (statement_next(db, decision))
        look_at_deliveries(&looking, decision);
    while (statement_next(db, later))
        look_at_deliveries(&looking, later);
    return looking.is_found;
}

static bool is_routed_as_meant(
    const struct archive_events *events, const struct archive_event *event)
{
    if (events->fate == ARCHIVE_IS_UNROUTED)
        return !event->is_routed;
    return events->fate != ARCHIVE_IS_FOR_NOBODY || (event->is_routed && event->deliveries == 0);
}

/* What stands in other tables is looked up for those only that are meant by all that stands here.
 */
static void count_event(struct database *db, struct archive_event *event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_COUNT_EVENT, WITH(number(event->event)));

    if (!statement_next(db, row))
        return;
    event->duplicates = sqlite3_column_int64(row, 0);
    event->is_routed = sqlite3_column_type(row, 1) != SQLITE_NULL;
    event->deliveries = sqlite3_column_int64(row, 1) + sqlite3_column_int64(row, 2);
}

/* False when it is not meant after all. */
static bool show(struct database *db, const struct archive_events *events,
    struct archive_event *event, archive_event_visit visit, void *arg)
{
    struct pool pool = {0};
    struct store_loaded loaded;

    count_event(db, event);
    bool is_meant = is_routed_as_meant(events, event) && has_sought_delivery(db, events, event) &&
                    loaded_read(db, &pool, event->event, &loaded) && sought_text(events, &loaded);
    event->loaded = &loaded;
    if (is_meant)
        visit(event, arg);
    event->loaded = NULL;
    pool_finish(&pool);
    return is_meant;
}

static void walk(struct database *db, const struct archive_events *events,
    archive_event_visit visit, void *arg, struct archive_cursor *cursor)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_EVENTS,
        WITH(number(events->before ? events->before : INT64_MAX), number(ARCHIVE_MOST_SEEN + 1)));
    size_t shown = 0;

    for (int seen = 0; statement_next(db, row); seen++) {
        cursor->more = shown == events->limit || seen == ARCHIVE_MOST_SEEN;
        if (cursor->more)
            return;
        struct archive_event event = {
            .event = sqlite3_column_int64(row, 0),
            .at_ms = sqlite3_column_int64(row, 1),
            .hook = column_words(row, 2),
            .type = column_words(row, 3),
            .action = column_words(row, 4),
            .thread = column_words(row, 5),
        };
        cursor->before = event.event;
        if (is_meant(events, &event) && show(db, events, &event, visit, arg))
            shown++;
    }
}

bool reader_find_events(struct archive *archive, const struct archive_events *events,
    archive_event_visit visit, void *arg, struct archive_cursor *cursor, struct error *error)
{
    struct reader *reader = reader_of(archive);

    *cursor = (struct archive_cursor){.before = events->before};
    if (!reader_begin(reader, error))
        return false;
    walk(&reader->db, events, visit, arg, cursor);
    return reader_end(reader, error);
}
