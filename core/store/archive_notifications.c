/* What the inbox keeps, and what of it is unread. */
#include "store/reader.h"

#include <string.h>

static bool is_meant(const struct archive_notifications *notifications,
    const struct archive_notification *notification)
{
    return (!notifications->only_unread || !notification->is_read) &&
           (!notifications->sink || strcmp(notifications->sink, notification->sink) == 0);
}

static void walk(struct database *db, const struct archive_notifications *notifications,
    archive_notification_visit visit, void *arg, struct archive_cursor *cursor)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_NOTIFICATIONS,
        WITH(number(notifications->before ? notifications->before : INT64_MAX),
            text(notifications->reader), number(ARCHIVE_MOST_SEEN + 1)));
    size_t shown = 0;

    for (int seen = 0; statement_next(db, row); seen++) {
        cursor->more = shown == notifications->limit || seen == ARCHIVE_MOST_SEEN;
        if (cursor->more)
            return;
        struct archive_notification notification = {
            .number = sqlite3_column_int64(row, 0),
            .event = sqlite3_column_int64(row, 1),
            .delivery = sqlite3_column_int64(row, 2),
            .at_ms = sqlite3_column_int64(row, 3),
            .sink = column_words(row, 4),
            .is_read = sqlite3_column_int(row, 5),
        };
        cursor->before = notification.number;
        if (!is_meant(notifications, &notification))
            continue;
        notification.document = column_words(row, 6);
        visit(&notification, arg);
        shown++;
    }
}

static int64_t count_unread(struct database *db, const struct archive_notifications *notifications)
{
    auto_reset sqlite3_stmt *row = statement_query(
        db, SQL_READ_UNREAD, WITH(text(notifications->reader), number(ARCHIVE_MOST_SEEN)));
    int64_t count = 0;

    while (statement_next(db, row))
        count += !notifications->sink || strcmp(notifications->sink, column_words(row, 0)) == 0;
    return count;
}

bool reader_find_notifications(struct archive *archive,
    const struct archive_notifications *notifications, archive_notification_visit visit, void *arg,
    struct archive_cursor *cursor, int64_t *unread, struct error *error)
{
    struct reader *reader = reader_of(archive);

    *cursor = (struct archive_cursor){.before = notifications->before};
    if (!reader_begin(reader, error))
        return false;
    walk(&reader->db, notifications, visit, arg, cursor);
    *unread = count_unread(&reader->db, notifications);
    return reader_end(reader, error);
}
