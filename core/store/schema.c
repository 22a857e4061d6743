#include "store/schema.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"

enum {
    schema_application = 0x746f6373, /* "tocs" */
    schema_version = 3,
};

/* Records and queues apart: what is kept is appended once and never touched until it is pruned, in
 * tables without an index; the rows of a queue (unrouted, delivery) exist only while their work is
 * unfinished. The deliveries of an event have consecutive numbers, so that its decision finds them
 * and no index has to; what came to an event later (a retry, a move, a replay) stands in later.
 * Times are milliseconds since the epoch: due, created, dedupe_until and clock of the steady clock,
 * the others of the wall clock. */
static const char tables[] =
    /* The one row of marks (database.h); unclean: a daemon has it open, or did not close it. */
    "CREATE TABLE ledger(name TEXT NOT NULL, unclean INTEGER NOT NULL,"
    " event INTEGER NOT NULL, delivery INTEGER NOT NULL, object INTEGER NOT NULL,"
    " claim INTEGER NOT NULL, expired INTEGER NOT NULL, unrouted INTEGER NOT NULL,"
    " waiting INTEGER NOT NULL, dead INTEGER NOT NULL, delivered INTEGER NOT NULL,"
    " skipped INTEGER NOT NULL, clock INTEGER NOT NULL DEFAULT 0);"

    /* The body stands last: what comes before is read without it. */
    "CREATE TABLE event(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hook TEXT NOT NULL,"
    " type TEXT NOT NULL, action TEXT NOT NULL, thread TEXT NOT NULL, dedupe TEXT,"
    " dedupe_until INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE dedupe(hash INTEGER NOT NULL, event INTEGER NOT NULL,"
    " PRIMARY KEY(hash, event)) WITHOUT ROWID;"
    "CREATE TABLE duplicate(event INTEGER PRIMARY KEY, count INTEGER NOT NULL);"
    "CREATE TABLE unrouted(event INTEGER PRIMARY KEY, claim INTEGER NOT NULL,"
    " losses INTEGER NOT NULL, replay INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX unrouted_unclaimed ON unrouted(event) WHERE claim = 0;"

    /* trace is NULL where none was given. */
    "CREATE TABLE decision(event INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " first INTEGER NOT NULL, count INTEGER NOT NULL, trace TEXT);"
    "CREATE TABLE object(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE attachment(event INTEGER NOT NULL, position INTEGER NOT NULL,"
    " name TEXT NOT NULL, status TEXT NOT NULL, object INTEGER,"
    " PRIMARY KEY(event, position)) WITHOUT ROWID;"
    "CREATE INDEX attachment_object ON attachment(object) WHERE object IS NOT NULL;"

    /* line: who stands before whom, by id. head: who may go. A delivery that is claimed in the
     * commit that made it is never in head. */
    "CREATE TABLE delivery(id INTEGER PRIMARY KEY, event INTEGER NOT NULL,"
    " state INTEGER NOT NULL, claim INTEGER NOT NULL, level INTEGER NOT NULL,"
    " due INTEGER NOT NULL, created INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " losses INTEGER NOT NULL, in_doubt INTEGER NOT NULL, sink TEXT NOT NULL,"
    " thread TEXT NOT NULL, rule TEXT NOT NULL, resume TEXT,"
    " moved INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX delivery_line ON delivery(sink, thread) WHERE thread <> '';"
    "CREATE INDEX delivery_head ON delivery(sink, level, due) WHERE state = 1;"

    /* Attempts that failed; leads: the thread whose first receipt this outcome gave. */
    "CREATE TABLE attempt(delivery INTEGER NOT NULL, number INTEGER NOT NULL,"
    " at INTEGER NOT NULL, took INTEGER NOT NULL, status INTEGER NOT NULL,"
    " maybe_sent INTEGER NOT NULL, reason TEXT, reply TEXT,"
    " PRIMARY KEY(delivery, number)) WITHOUT ROWID;"
    "CREATE TABLE outcome(delivery INTEGER PRIMARY KEY, result INTEGER NOT NULL,"
    " finished INTEGER NOT NULL, created INTEGER NOT NULL, took INTEGER NOT NULL,"
    " status INTEGER NOT NULL, attempts INTEGER NOT NULL, losses INTEGER NOT NULL,"
    " level INTEGER NOT NULL, sink TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT,"
    " receipt TEXT, leads TEXT);"
    "CREATE TABLE receipt(sink TEXT NOT NULL, thread TEXT NOT NULL, receipt TEXT NOT NULL,"
    " PRIMARY KEY(sink, thread)) WITHOUT ROWID;";

/* The second version's own: in every new ledger too. dead: what a retry needs of a dead letter, for
 * as long as it is one; sink '' is that of an event that could not be routed. */
static const char second[] =
    "CREATE TABLE dead(delivery INTEGER PRIMARY KEY, event INTEGER NOT NULL,"
    " thread TEXT NOT NULL, resume TEXT, in_doubt INTEGER NOT NULL,"
    " moved INTEGER NOT NULL);"
    "CREATE TABLE later(id INTEGER PRIMARY KEY, event INTEGER NOT NULL, at INTEGER NOT NULL,"
    " first INTEGER NOT NULL, count INTEGER NOT NULL, kind TEXT NOT NULL, trace TEXT);"
    "CREATE INDEX later_event ON later(event);"
    "CREATE TABLE note(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";

/* The third version's own: the inbox. A notification's number tells when it came, and is never that
 * of another; what a reader has read is all up to `until`, and those in read. */
static const char third[] =
    "CREATE TABLE notification(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " delivery INTEGER NOT NULL UNIQUE, event INTEGER NOT NULL, at INTEGER NOT NULL,"
    " sink TEXT NOT NULL, document TEXT NOT NULL);"
    "CREATE TABLE reader(name TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE read(notification INTEGER NOT NULL, reader TEXT NOT NULL,"
    " PRIMARY KEY(notification, reader)) WITHOUT ROWID;";

/* Dead letters of the first version find their event through the decisions; their thread is its
 * event's. */
static const char from_first[] =
    "ALTER TABLE ledger ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE unrouted ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;"
    "INSERT INTO dead(delivery, event, thread, resume, in_doubt, moved)"
    " SELECT o.delivery, e.id, e.thread, NULL,"
    " EXISTS(SELECT 1 FROM attempt AS a WHERE a.delivery = o.delivery AND a.maybe_sent), 0"
    " FROM decision AS d JOIN outcome AS o ON o.delivery >= d.first"
    " AND o.delivery < d.first + d.count JOIN event AS e ON e.id = d.event WHERE o.result = 2;";

/* The first column of the first row. */
static bool read_number(sqlite3 *handle, const char *sql, int *number, struct error *error)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(handle, sql, -1, &row, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    if (code == SQLITE_NOTADB)
        return error_set(error,
            "this is no tocsin ledger, nor any other SQLite file; if it was one, restore a backup, "
            "or move it away to begin anew");
    if (code != SQLITE_ROW)
        return error_set(error, "%s", sqlite3_errmsg(handle));
    return true;
}

bool schema_check(sqlite3 *handle, int *version_found, struct error *error)
{
    int application = 0, version = 0, things = 0;

    if (!read_number(handle, "PRAGMA application_id", &application, error) ||
        !read_number(handle, "PRAGMA user_version", &version, error) ||
        !read_number(handle, "SELECT count(*) FROM sqlite_master", &things, error))
        return false;
    *version_found = version;
    if (application == 0 && version == 0 && things == 0)
        return true;
    if (application != schema_application)
        return error_set(error, "this is no tocsin ledger, but some other SQLite file");
    if (version > schema_version)
        return error_set(error,
            "a newer tocsin wrote this ledger: its version is %d, this one knows up to %d", version,
            schema_version);
    if (version < 1)
        return error_set(error, "the ledger's version %d is unknown", version);
    return true;
}

bool schema_check_current(sqlite3 *handle, struct error *error)
{
    int version;

    if (!schema_check(handle, &version, error))
        return false;
    if (version == 0)
        return error_set(error, "the file is empty");
    if (version < schema_version)
        return error_set(error,
            "an older tocsin wrote this ledger (version %d, this one's is %d): `tocsin serve` "
            "brings it up to date",
            version, schema_version);
    return true;
}

/* All or nothing: a process that dies in the midst leaves the file as it was. */
static bool execute(sqlite3 *handle, const char *sql, const char *what, struct error *error)
{
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    error_set(error, "%s: %s", what, sqlite3_errmsg(handle));
    sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool schema_create(sqlite3 *handle, const char *id, struct error *error)
{
    auto_free char *sql =
        text_format("BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d;"
                    "%s%s%s INSERT INTO ledger VALUES('%s', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);"
                    "COMMIT",
            schema_application, schema_version, tables, second, third, id);

    return execute(handle, sql, "make its tables", error);
}

bool schema_upgrade(sqlite3 *handle, int version, struct error *error)
{
    bool is_first = version == 1;
    auto_free char *sql = text_format("BEGIN IMMEDIATE; %s%s%s PRAGMA user_version = %d; COMMIT",
        is_first ? second : "", is_first ? from_first : "", third, schema_version);

    if (version == schema_version)
        return true;
    return execute(handle, sql, "bring its tables to this version", error);
}
