/* Opening a ledger to read it, beside the daemon or alone. */
#include "store/sqlite.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "store/reader.h"
#include "store/schema.h"

enum {
    busy_timeout_ms = 2000,
};

bool reader_begin(struct reader *reader, struct error *error)
{
    database_forgive(&reader->db);
    return statement_run(&reader->db, SQL_BEGIN_READING, WITH_NOTHING) ||
           error_set(error, "%s", error_text(&reader->db.why));
}

bool reader_end(struct reader *reader, struct error *error)
{
    /* Beside the statements, because those rest after a fault. */
    sqlite3_exec(reader->db.handle, "ROLLBACK", NULL, NULL, NULL);
    return !reader->db.fault || error_set(error, "%s", error_text(&reader->db.why));
}

static bool counts(struct archive *archive, struct archive_counts *counts, struct error *error)
{
    struct reader *reader = reader_of(archive);

    *counts = (struct archive_counts){0};
    if (!reader_begin(reader, error))
        return false;
    sqlite3_stmt *row = statement_query(&reader->db, SQL_LOAD_MARKS, WITH_NOTHING);
    if (statement_next(&reader->db, row))
        *counts = (struct archive_counts){
            .events = sqlite3_column_int64(row, 2),
            .unrouted = sqlite3_column_int64(row, 7),
            .waiting = sqlite3_column_int64(row, 8),
            .dead = sqlite3_column_int64(row, 9),
            .delivered = sqlite3_column_int64(row, 10),
            .skipped = sqlite3_column_int64(row, 11),
        };
    sqlite3_reset(row);
    return reader_end(reader, error);
}

static const char *ledger_id(struct archive *archive)
{
    return reader_of(archive)->db.ledger_id;
}

static void close_reader(struct archive *archive)
{
    struct reader *reader = reader_of(archive);

    database_close(&reader->db);
    error_finish(&reader->db.why);
    free(reader->db.path);
    free(reader);
}

static const struct archive_ops ops = {
    .find_events = reader_find_events,
    .find_deliveries = reader_find_deliveries,
    .find_notifications = reader_find_notifications,
    .get_event = reader_get_event,
    .oldest = reader_oldest,
    .counts = counts,
    .scan = reader_scan,
    .ledger_id = ledger_id,
    .close = close_reader,
};

static bool read_ledger_id(struct database *db, struct error *error)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LOAD_MARKS, WITH_NOTHING);

    if (!statement_next(db, row))
        return error_set(error, "%s", db->fault ? error_text(&db->why) : "it has lost its marks");
    snprintf(db->ledger_id, sizeof db->ledger_id, "%s", column_words(row, 0));
    return true;
}

static bool connect_file(struct database *db, const char *name, int flags, struct error *error)
{
    flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(name, &db->handle, flags, NULL) != SQLITE_OK) {
        int system = sqlite3_system_errno(db->handle);
        return error_set(error, "%s", system ? strerror(system) : sqlite3_errmsg(db->handle));
    }
    sqlite3_busy_timeout(db->handle, busy_timeout_ms);
    return schema_check_current(db->handle, error) && read_ledger_id(db, error);
}

/* Where nothing can be written SQLite cannot make the files that it shares with a writer. Without
 * a log, or with an empty one, the file is all there is. */
static bool is_alone(const struct database *db)
{
    auto_free char *log = text_format("%s-wal", db->path);
    int code = sqlite3_errcode(db->handle) & 0xff;
    struct stat status;

    return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && stat(db->path, &status) == 0 &&
           (stat(log, &status) < 0 || status.st_size == 0);
}

/* https://www.sqlite.org/uri.html */
static char *immutable_name(const char *path)
{
    struct buf name = {0};

    buf_puts(&name, "file:");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            buf_printf(&name, "%%%02x", (unsigned)*path);
        else
            buf_putc(&name, *path);
    }
    buf_puts(&name, "?immutable=1");
    return buf_take(&name);
}

static bool connect_reader(struct database *db, struct error *error)
{
    if (connect_file(db, db->path, 0, error))
        return true;
    if (!is_alone(db))
        return false;
    database_close(db);
    database_forgive(db);
    auto_free char *name = immutable_name(db->path);
    return connect_file(db, name, SQLITE_OPEN_URI, error);
}

struct archive *sqlite_archive_open(const char *path, struct error *error)
{
    struct reader *reader = mem_alloc(sizeof *reader);

    reader->archive.ops = &ops;
    reader->db.path = text_copy(path);
    if (connect_reader(&reader->db, error))
        return &reader->archive;
    close_reader(&reader->archive);
    error_wrap(error, "read the ledger %s", path);
    return NULL;
}
