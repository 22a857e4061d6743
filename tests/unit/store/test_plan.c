/* How SQLite would run the engine's statements: a queue of any length costs a search, never a
 * walk. */
#include "../cmocka_setup.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "ledger.h"
#include "store/statement.h"

/* These walk what is unfinished, once: at the start, or after a failed write. The row of marks is
 * the only one of its table. */
static bool may_walk(enum statement which)
{
    return which == SQL_RECOVER_DELIVERIES || which == SQL_RECOVER_EVENTS ||
           which == SQL_SHIFT_DELIVERIES || which == SQL_WALK_QUEUES ||
           which == SQL_DISOWN_DELIVERIES || which == SQL_DISOWN_EVENTS ||
           which == SQL_LOAD_MARKS || which == SQL_STORE_MARKS || which == SQL_MARK_UNCLEAN;
}

static void expect_searches_only(sqlite3 *handle, enum statement which)
{
    char sql[2048];
    sqlite3_stmt *row;

    snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statement_text(which));
    if (sqlite3_prepare_v2(handle, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(row, 3);
        bool scans = strstr(step, "SCAN") && !strstr(step, "SCAN CONSTANT ROW");
        if (scans || strstr(step, "TEMP B-TREE"))
            fail_msg("%s: %s", statement_text(which), step);
    }
    sqlite3_finalize(row);
}

static void test_no_statement_walks_a_table_or_sorts(void **state)
{
    struct ledger *ledger = *state;
    sqlite3 *handle;

    assert_int_equal(sqlite3_open(ledger->path, &handle), SQLITE_OK);
    for (enum statement which = SQL_LOAD_MARKS; which < SQL_COUNT; which++)
        if (!may_walk(which))
            expect_searches_only(handle, which);
    sqlite3_close(handle);
}

/* Fills the queue behind the engine's back: many heads of the highest level, due in the future, and
 * long lines behind them. */
static void fill_queue(struct ledger *ledger)
{
    ledger_close(ledger);
    ledger_sql(ledger,
        "INSERT INTO delivery(id, event, state, claim, level, due, created, attempts,"
        " losses, in_doubt, sink, thread, rule)"
        " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 100000)"
        " SELECT i, i, i <= 50000, 0, 4, 1900000000000, 0, 0, 0, 0, 'teams',"
        " 'thread-' || (i % 50000), 'r' FROM n");
    ledger_sql(ledger, "UPDATE ledger SET delivery = 100000, waiting = 100000");
    ledger_open(ledger);
}

/* The number of steps of SQLite's machine that a statement took says what it looked at, on every
 * machine and at every load. */
static int64_t steps_of(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *row;

    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &row, NULL), SQLITE_OK);
    sqlite3_bind_text(row, 1, "teams", -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 2, 4);
    sqlite3_bind_int64(row, 3, NOW);
    sqlite3_bind_int64(row, 4, 10);
    while (sqlite3_step(row) == SQLITE_ROW)
        ;
    int64_t steps = sqlite3_stmt_status(row, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(row);
    return steps;
}

static void test_many_heads_that_are_not_due_cost_nothing(void **state)
{
    struct ledger *ledger = *state;
    sqlite3 *handle;

    fill_queue(ledger);
    store_id delivery = new_delivery(ledger, "new", "teams", 0, NOW);
    struct claimed claimed = claim_heads(ledger, "teams", 10, NOW);
    assert_int_equal(sqlite3_open(ledger->path, &handle), SQLITE_OK);
    int64_t due = steps_of(handle, statement_text(SQL_FIND_DUE));
    int64_t next_due = steps_of(handle, statement_text(SQL_FIND_NEXT_DUE));
    sqlite3_close(handle);

    assert_int_equal(claimed.count, 1);
    assert_int_equal(claimed.rows[0].delivery, delivery);
    assert_int_equal(claimed.next_due_ms, INT64_C(1900000000000));
    assert_in_range(due, 1, 100);
    assert_in_range(next_due, 1, 100);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_no_statement_walks_a_table_or_sorts),
        STORY(test_many_heads_that_are_not_due_cost_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
