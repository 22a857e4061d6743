/* The writer's log: fewer writes, and nothing that anybody could see of it. */
#include "../cmocka_setup.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "faulty_vfs.h"
#include "store/wal_file.h"

struct pair {
    char folder[32], path[48];
    sqlite3 *writer, *reader; /* the reader's connection has SQLite's own VFS */
};

static void run(sqlite3 *handle, const char *sql)
{
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
}

static int number(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *row;

    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int value = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    return value;
}

static int pair_open(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    snprintf(pair->folder, sizeof pair->folder, "/tmp/tocsin-wal-XXXXXX");
    assert_non_null(mkdtemp(pair->folder));
    snprintf(pair->path, sizeof pair->path, "%s/a.db", pair->folder);
    assert_int_equal(sqlite3_open_v2(pair->path, &pair->writer, flags, wal_file_vfs()), SQLITE_OK);
    run(pair->writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(x BLOB)");
    assert_int_equal(sqlite3_open(pair->path, &pair->reader), SQLITE_OK);
    *state = pair;
    return 0;
}

static int pair_close(void **state)
{
    struct pair *pair = *state;

    faulty_vfs_fail_writes(SQLITE_OK);
    sqlite3_close(pair->reader);
    sqlite3_close(pair->writer);
    unlink(pair->path);
    rmdir(pair->folder);
    free(pair);
    return 0;
}

/* So many rows of a page each. */
static void insert(sqlite3 *handle, int rows)
{
    char sql[160];

    snprintf(sql, sizeof sql,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " INSERT INTO t SELECT zeroblob(3000) FROM n",
        rows);
    run(handle, sql);
}

static void test_a_commit_of_many_pages_is_one_write(void **state)
{
    struct pair *pair = *state;

    insert(pair->writer, 1);
    int before = faulty_vfs_writes();
    insert(pair->writer, 10);
    assert_int_equal(faulty_vfs_writes() - before, 1);
    assert_int_equal(number(pair->reader, "SELECT count(*) FROM t"), 11);
}

/* Without a sync nothing but the commit's own last frame says that others look now. */
static void test_others_see_a_commit_that_was_not_synced(void **state)
{
    struct pair *pair = *state;

    run(pair->writer, "PRAGMA synchronous = OFF");
    for (int rows = 1; rows < 100; rows += 7) {
        insert(pair->writer, rows);
        assert_int_equal(number(pair->reader, "SELECT sum(length(x)) FROM t"),
            number(pair->writer, "SELECT 3000 * count(*) FROM t"));
        run(pair->reader, "PRAGMA wal_checkpoint");
    }
}

/* More than the cache holds goes to the log before the commit, and is read from there. */
static void test_a_transaction_reads_what_left_its_cache(void **state)
{
    struct pair *pair = *state;

    run(pair->writer, "PRAGMA cache_size = 10; BEGIN");
    insert(pair->writer, 300);
    assert_int_equal(number(pair->writer, "SELECT sum(length(x)) FROM t"), 900000);
    run(pair->writer, "UPDATE t SET x = zeroblob(2000); SAVEPOINT a; DELETE FROM t; ROLLBACK TO a");
    assert_int_equal(number(pair->reader, "SELECT count(*) FROM t"), 0);
    run(pair->writer, "COMMIT");
    assert_int_equal(number(pair->reader, "SELECT sum(length(x)) FROM t"), 600000);
    assert_int_equal(number(pair->reader, "SELECT count(*) FROM pragma_integrity_check"
                                          " WHERE integrity_check = 'ok'"),
        1);
}

static void test_a_write_that_fails_fails_its_commit_alone(void **state)
{
    struct pair *pair = *state;

    insert(pair->writer, 3);
    faulty_vfs_fail_writes(SQLITE_FULL);
    assert_int_equal(
        sqlite3_exec(pair->writer, "INSERT INTO t VALUES(1)", NULL, NULL, NULL), SQLITE_FULL);
    faulty_vfs_fail_writes(SQLITE_OK);
    insert(pair->writer, 2);
    assert_int_equal(number(pair->writer, "SELECT count(*) FROM t"), 5);
    assert_int_equal(number(pair->reader, "SELECT count(*) FROM t"), 5);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, pair_open, pair_close)
    const struct CMUnitTest tests[] = {
        STORY(test_a_commit_of_many_pages_is_one_write),
        STORY(test_others_see_a_commit_that_was_not_synced),
        STORY(test_a_transaction_reads_what_left_its_cache),
        STORY(test_a_write_that_fails_fails_its_commit_alone),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
