/* The newest events that somebody asks for. */
#include "store/reader.h"

#include <string.h>

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

/* What stands in other tables is looked up for those that are shown only. */
static void count_event(struct database *db, struct archive_event *event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_COUNT_EVENT, WITH(number(event->event)));

    if (!statement_next(db, row))
        return;
    event->duplicates = sqlite3_column_int64(row, 0);
    event->is_routed = sqlite3_column_type(row, 1) != SQLITE_NULL;
    event->deliveries = sqlite3_column_int64(row, 1) + sqlite3_column_int64(row, 2);
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
        if (!is_meant(events, &event))
            continue;
        count_event(db, &event);
        visit(&event, arg);
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
