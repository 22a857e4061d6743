#include "store/database.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/mem.h"
#include "store/schema.h"
#include "store/wal_file.h"

/* Debian's SQLite zeroes all that is deleted; fast does so only where that costs no write more. The
 * size limit cuts a log that one great transaction blew up. */
static const char settings[] = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
                               "PRAGMA cache_size = -16384; PRAGMA secure_delete = FAST;"
                               "PRAGMA journal_size_limit = 67108864";

enum {
    busy_timeout_ms = 200,
    page_bytes = 4096,
};

bool database_blame(struct database *db, int code)
{
    int system = sqlite3_system_errno(db->handle);

    if (db->fault)
        return false;
    if ((code & 0xff) == SQLITE_NOMEM)
        mem_exhausted();
    db->fault = code;
    error_set(&db->why, "ledger %s: %s", db->path, sqlite3_errmsg(db->handle));
    if (system && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN)) {
        auto_free char *reason = TAKE(db->why.text);
        error_set(&db->why, "%s (%s)", reason, strerror(system));
    }
    return false;
}

void database_forgive(struct database *db)
{
    db->fault = 0;
    error_finish(&db->why);
}

bool database_is_in_trouble(const struct database *db)
{
    switch (db->fault & 0xff) {
    case SQLITE_OK:
    case SQLITE_ERROR:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
        return false;
    default:
        return true;
    }
}

bool database_needs_reopen(const struct database *db)
{
    switch (db->fault & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
        return true;
    default:
        return false;
    }
}

/* Called only while SQLite has the file not open: closing any descriptor of it would end the locks
 * that SQLite holds in this process. */
static bool make_private(const char *path, int flags, struct error *error)
{
    auto_close int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    struct stat status;

    if (fd < 0 && errno == ENOENT && !(flags & O_CREAT))
        return true;
    if (fd < 0 || fstat(fd, &status) < 0)
        return error_set(error, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "this is no regular file");
    if ((status.st_mode & 077) && fchmod(fd, 0600) < 0)
        return error_set(error, "make it private (mode 0600): %s", strerror(errno));
    return true;
}

static bool make_files_private(const char *path, struct error *error)
{
    auto_free char *wal = text_format("%s-wal", path);
    auto_free char *shm = text_format("%s-shm", path);

    return make_private(path, O_CREAT, error) && make_private(wal, 0, error) &&
           make_private(shm, 0, error);
}

static bool fail(struct database *db, struct error *error)
{
    db->fault = sqlite3_extended_errcode(db->handle);
    return error_set(error, "%s", sqlite3_errmsg(db->handle));
}

static bool connect_file(struct database *db, struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    struct stat status;

    if (sqlite3_open_v2(db->path, &db->handle, flags, wal_file_vfs()) != SQLITE_OK) {
        int system = sqlite3_system_errno(db->handle);
        return system ? error_set(error, "%s", strerror(system)) : fail(db, error);
    }
    sqlite3_busy_timeout(db->handle, busy_timeout_ms);
    if (sqlite3_db_readonly(db->handle, "main"))
        return error_set(error, "the file is read-only");
    if (stat(db->path, &status) < 0)
        return error_set(error, "%s", strerror(errno));
    db->device = status.st_dev;
    db->inode = status.st_ino;
    return true;
}

static bool use_wal(struct database *db, struct error *error)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode = WAL", -1, &row, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    bool is_wal =
        code == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(row, 0), "wal") == 0;
    sqlite3_finalize(row);
    if (code != SQLITE_ROW)
        return fail(db, error);
    return is_wal || error_set(error, "its file system has no shared memory (WAL)");
}

static bool create_tables(struct database *db, struct error *error)
{
    unsigned char random[3];
    char id[LEDGER_ID_SIZE];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return error_set(error, "no random numbers: %s", strerror(errno));
    snprintf(id, sizeof id, "%02x%02x%02x", random[0], random[1], random[2]);
    crash_point(CRASH_CREATE_BEFORE);
    bool ok = schema_create(db->handle, id, error);
    crash_point(CRASH_CREATE_AFTER);
    return ok;
}

/* Nothing is changed in a file before it is known to be a ledger, or empty. */
static bool prepare_file(struct database *db, bool create, struct error *error)
{
    int version;

    if (!schema_check(db->handle, &version, error))
        return false;
    if (version == 0 && !create)
        return error_set(error, "the file is empty");
    if (version == 0 &&
        sqlite3_exec(db->handle, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE", NULL, NULL,
            NULL) != SQLITE_OK)
        return fail(db, error);
    if (!use_wal(db, error) ||
        (sqlite3_exec(db->handle, settings, NULL, NULL, NULL) != SQLITE_OK && !fail(db, error)))
        return false;
    return version == 0 ? create_tables(db, error) : schema_upgrade(db->handle, version, error);
}

static int on_commit(void *arg, sqlite3 *handle, const char *name, int frames)
{
    struct database *db = arg;

    (void)handle;
    (void)name;
    db->wal_frames = frames;
    return SQLITE_OK;
}

static bool load_marks(struct database *db)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LOAD_MARKS, WITH_NOTHING);

    if (!statement_next(db, row))
        return db->fault ? false : database_blame(db, SQLITE_CORRUPT);
    snprintf(db->ledger_id, sizeof db->ledger_id, "%s", (const char *)sqlite3_column_text(row, 0));
    db->was_unclean = sqlite3_column_int(row, 1);
    db->marks = (struct marks){
        .event = sqlite3_column_int64(row, 2),
        .delivery = sqlite3_column_int64(row, 3),
        .object = sqlite3_column_int64(row, 4),
        .claim = sqlite3_column_int64(row, 5),
        .expired = sqlite3_column_int64(row, 6),
        .unrouted = sqlite3_column_int64(row, 7),
        .waiting = sqlite3_column_int64(row, 8),
        .dead = sqlite3_column_int64(row, 9),
        .delivered = sqlite3_column_int64(row, 10),
        .skipped = sqlite3_column_int64(row, 11),
        .clock = sqlite3_column_int64(row, 12),
    };
    db->committed = db->marks;
    return true;
}

/* What waits is counted once; from then on it is counted along. */
static bool load_queues(struct database *db)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_WALK_QUEUES, WITH_NOTHING);

    queues_clear(&db->queues);
    while (statement_next(db, row)) {
        queues_add(&db->queues, (const char *)sqlite3_column_text(row, 0), 1);
        queues_commit(&db->queues);
    }
    return !db->fault;
}

static bool store_marks(struct database *db)
{
    struct marks *marks = &db->marks;

    marks->clock = clock_steady_ms();
    return statement_run(db, SQL_STORE_MARKS,
        WITH(number(marks->event), number(marks->delivery), number(marks->object),
            number(marks->claim), number(marks->expired), number(marks->unrouted),
            number(marks->waiting), number(marks->dead), number(marks->delivered),
            number(marks->skipped), number(marks->clock)));
}

/* What the log holds may stand in the kernel's memory only, if an fsync failed before: written into
 * the file and synced there it is safe, or the failure shows again. */
static int write_log_through(struct database *db)
{
    return sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* Its tables may stand on pages that are damaged: then the first look at them fails. */
static bool prepare_or_blame(struct database *db, bool create, struct error *error)
{
    if (prepare_file(db, create, error))
        return true;
    if ((sqlite3_errcode(db->handle) & 0xff) == SQLITE_CORRUPT)
        db->fault = sqlite3_extended_errcode(db->handle);
    return false;
}

static bool open_file(struct database *db, bool create, struct error *error)
{
    database_forgive(db);
    if (create && !make_files_private(db->path, error))
        return false;
    if (!connect_file(db, error) || !prepare_or_blame(db, create, error))
        return false;
    sqlite3_wal_hook(db->handle, on_commit, db);
    int code = write_log_through(db);
    /* Somebody who reads at the start is no hindrance: the log is as a whole process left it. */
    if (code != SQLITE_OK && !(create && (code & 0xff) == SQLITE_BUSY))
        return fail(db, error);
    if (!statement_prepare_all(db) || !load_marks(db) || !load_queues(db))
        return error_set(error, "%s", error_text(&db->why));
    db->wal_frames = 0;
    return true;
}

bool database_open(struct database *db, bool create, struct error *error)
{
    assert(!db->handle);
    if (open_file(db, create, error))
        return true;
    database_close(db);
    return error_wrap(error, "open the ledger %s", db->path);
}

/* Work of a commit that failed, was answered so, and was found in the file all the same: it is
 * kept, but its claims are nobody's. */
static bool disown_claims(struct database *db, int64_t last_told)
{
    return database_begin(db) &&
           statement_run(db, SQL_DISOWN_DELIVERIES, WITH(number(last_told))) &&
           statement_run(db, SQL_DISOWN_EVENTS, WITH(number(last_told))) && database_commit(db);
}

bool database_reopen(struct database *db, struct error *error)
{
    struct marks told = db->committed;
    char id[LEDGER_ID_SIZE];
    bool is_right = false;

    memcpy(id, db->ledger_id, sizeof id);
    database_close(db);
    if (database_open(db, false, error)) {
        if (strcmp(id, db->ledger_id) != 0)
            error_set(error, "ledger %s: another ledger (%s) took the place of %s", db->path,
                db->ledger_id, id);
        else if (db->marks.claim > told.claim && !disown_claims(db, told.claim))
            error_set(error, "%s", error_text(&db->why));
        else
            is_right = true;
    }
    if (is_right) {
        db->marks.suspect = db->committed.suspect = told.suspect;
        return true;
    }
    database_close(db);
    db->committed = db->marks = told;
    memcpy(db->ledger_id, id, sizeof id);
    return false;
}

void database_close(struct database *db)
{
    statement_finalize_all(db);
    int code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK); /* a statement was left open */
    (void)code;
    db->handle = NULL;
}

/* A ledger that was removed under us would take everything and keep nothing. */
static bool is_in_place(struct database *db)
{
    struct stat status;

    if (stat(db->path, &status) == 0 && status.st_dev == db->device && status.st_ino == db->inode)
        return true;
    db->fault = SQLITE_CANTOPEN;
    return error_set(&db->why, "ledger %s: the file was removed or replaced", db->path);
}

bool database_begin(struct database *db)
{
    database_forgive(db);
    return is_in_place(db) && statement_run(db, SQL_BEGIN, WITH_NOTHING);
}

static int64_t read_pragma(struct database *db, enum statement which)
{
    auto_reset sqlite3_stmt *row = statement_query(db, which, WITH_NOTHING);

    return statement_next(db, row) ? sqlite3_column_int64(row, 0) : 0;
}

/* What pruning freed is used again and does not count. */
static void measure(struct database *db)
{
    int64_t pages = read_pragma(db, SQL_COUNT_PAGES) - read_pragma(db, SQL_COUNT_FREE_PAGES);

    db->is_oversize = pages * page_bytes > db->max_bytes;
    if (!db->is_oversize)
        db->is_full = db->prunes_dead = false;
}

bool database_commit(struct database *db)
{
    if (memcmp(&db->marks, &db->committed, sizeof db->marks) != 0)
        store_marks(db);
    if (db->max_bytes)
        measure(db);
    if (!statement_run(db, SQL_COMMIT, WITH_NOTHING)) {
        database_rollback(db);
        return false;
    }
    db->committed = db->marks;
    queues_commit(&db->queues);
    return true;
}

void database_rollback(struct database *db)
{
    /* Beside the statements, because those rest after a fault. SQLite may have rolled back already;
     * the fault that led here is the one to tell. */
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    db->marks = db->committed;
    queues_rollback(&db->queues, 0);
}

bool database_probe(struct database *db)
{
    if (!database_begin(db))
        return false;
    store_marks(db);
    return database_commit(db);
}

void database_checkpoint(struct database *db)
{
    /* Passive: it waits for nobody. With this connection not writing it is whole unless an older
     * snapshot is being read, and the next commit begins the log anew. */
    sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void database_empty_log(struct database *db)
{
    write_log_through(db);
}
