/* The archive's connection to a ledger's file. It can change nothing, and each call is a
 * transaction of its own: one that stayed open would keep the writer's checkpoints from coming to
 * their end. */
#ifndef TOCSIN_STORE_READER_H
#define TOCSIN_STORE_READER_H

#include <stdbool.h>

#include "store/archive.h"
#include "store/database.h"

struct reader {
    struct archive archive;
    struct database db; /* of which the marks and queues are not used */
};

static inline struct reader *reader_of(struct archive *archive)
{
    return (struct reader *)archive;
}

/* A snapshot; false with the reason. */
bool reader_begin(struct reader *reader, struct error *error);

/* False with the reason where something could not be read since. */
bool reader_end(struct reader *reader, struct error *error);

/* The archive's calls, one file each: archive_events.c, archive_deliveries.c,
 * archive_notifications.c, archive_scan.c, story.c. */
bool reader_find_events(struct archive *archive, const struct archive_events *events,
    archive_event_visit visit, void *arg, struct archive_cursor *cursor, struct error *error);
bool reader_find_deliveries(struct archive *archive, const struct archive_deliveries *deliveries,
    archive_delivery_visit visit, void *arg, struct archive_cursor *cursor, struct error *error);
bool reader_find_notifications(struct archive *archive,
    const struct archive_notifications *notifications, archive_notification_visit visit, void *arg,
    struct archive_cursor *cursor, int64_t *unread, struct error *error);
bool reader_oldest(
    struct archive *archive, archive_oldest_visit visit, void *arg, struct error *error);
bool reader_scan(struct archive *archive, const struct archive_scan *scan, archive_scan_visit visit,
    void *arg, store_id *last, bool *more, struct error *error);
char *reader_get_event(struct archive *archive, store_id event, struct error *error);

/* A column that is never NULL. */
static inline const char *column_words(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

#endif
