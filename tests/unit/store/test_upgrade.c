/* A ledger that an earlier version of tocsin wrote, in this one. */
#include "../cmocka_setup.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger.h"
#include "store/sqlite.h"
#include "test_clock.h"

static const char first_tables[] =
    "CREATE TABLE ledger(name TEXT NOT NULL, unclean INTEGER NOT NULL,"
    " event INTEGER NOT NULL, delivery INTEGER NOT NULL, object INTEGER NOT NULL,"
    " claim INTEGER NOT NULL, expired INTEGER NOT NULL, unrouted INTEGER NOT NULL,"
    " waiting INTEGER NOT NULL, dead INTEGER NOT NULL, delivered INTEGER NOT NULL,"
    " skipped INTEGER NOT NULL);"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, hook TEXT NOT NULL,"
    " type TEXT NOT NULL, action TEXT NOT NULL, thread TEXT NOT NULL, dedupe TEXT,"
    " dedupe_until INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE dedupe(hash INTEGER NOT NULL, event INTEGER NOT NULL,"
    " PRIMARY KEY(hash, event)) WITHOUT ROWID;"
    "CREATE TABLE duplicate(event INTEGER PRIMARY KEY, count INTEGER NOT NULL);"
    "CREATE TABLE unrouted(event INTEGER PRIMARY KEY, claim INTEGER NOT NULL,"
    " losses INTEGER NOT NULL);"
    "CREATE INDEX unrouted_unclaimed ON unrouted(event) WHERE claim = 0;"
    "CREATE TABLE decision(event INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " first INTEGER NOT NULL, count INTEGER NOT NULL, trace TEXT);"
    "CREATE TABLE object(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "CREATE TABLE attachment(event INTEGER NOT NULL, position INTEGER NOT NULL,"
    " name TEXT NOT NULL, status TEXT NOT NULL, object INTEGER,"
    " PRIMARY KEY(event, position)) WITHOUT ROWID;"
    "CREATE INDEX attachment_object ON attachment(object) WHERE object IS NOT NULL;"
    "CREATE TABLE delivery(id INTEGER PRIMARY KEY, event INTEGER NOT NULL,"
    " state INTEGER NOT NULL, claim INTEGER NOT NULL, level INTEGER NOT NULL,"
    " due INTEGER NOT NULL, created INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " losses INTEGER NOT NULL, in_doubt INTEGER NOT NULL, sink TEXT NOT NULL,"
    " thread TEXT NOT NULL, rule TEXT NOT NULL, resume TEXT);"
    "CREATE INDEX delivery_line ON delivery(sink, thread) WHERE thread <> '';"
    "CREATE INDEX delivery_head ON delivery(sink, level, due) WHERE state = 1;"
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

/* Its daemon was killed: event 1 went to two sinks, one of which refused it after it may have had
 * it; event 2 waits at mail, claimed; event 3 waits to be routed. */
static const char first_rows[] =
    "INSERT INTO ledger VALUES('0a1b2c', 1, 3, 3, 0, 9, 0, 1, 1, 1, 1, 0);"
    "INSERT INTO event VALUES(1, 1699999999000, 'soc', 'alert', 'created', 't', NULL, 0, '{}'),"
    " (2, 1699999999000, 'soc', 'alert', 'created', 'u', NULL, 0, '{}'),"
    " (3, 1699999999000, 'soc', 'alert', 'created', 'v', NULL, 0, '{}');"
    "INSERT INTO decision VALUES(1, 1699999999000, 1, 2, '[]'), (2, 1699999999000, 3, 1, '[]');"
    "INSERT INTO outcome VALUES"
    " (1, 0, 1699999999000, 1699999999000, 9, 200, 1, 0, 1, 'chat', 'r', NULL, NULL, NULL),"
    " (2, 2, 1699999999000, 1699999999000, 9, 400, 1, 0, 1, 'mail', 'r', 'refused', NULL, NULL);"
    "INSERT INTO attempt VALUES(2, 1, 1699999999000, 9, 400, 1, 'refused', NULL);"
    "INSERT INTO delivery VALUES"
    " (3, 2, 2, 8, 1, 1699999999000, 1699999999000, 1, 0, 0, 'mail', 'u', 'r', NULL);"
    "INSERT INTO unrouted VALUES(3, 0, 0);";

static void execute(const char *path, const char *sql)
{
    sqlite3 *handle;
    char *words = NULL;

    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s", words);
    sqlite3_close(handle);
}

static int setup_first_version(void **state)
{
    test_clock_set(NOW);
    ledger_setup(state);
    struct ledger *ledger = *state;
    ledger_close(ledger);
    unlink(ledger->path);
    execute(ledger->path, "PRAGMA journal_mode = WAL");
    execute(ledger->path, first_tables);
    execute(ledger->path, first_rows);
    execute(ledger->path, "PRAGMA application_id = 0x746f6373; PRAGMA user_version = 1");
    return 0;
}

static void test_all_that_was_there_is_there(void **state)
{
    struct ledger *ledger = *state;

    ledger_open(ledger);

    assert_int_equal(ledger_sql(ledger, "PRAGMA user_version"), 3);
    assert_string_equal(ledger->journal->ops->ledger_id(ledger->journal), "0a1b2c");
    struct store_health health = ledger_health(ledger);
    assert_int_equal(health.events, 3);
    assert_int_equal(health.unrouted, 1);
    assert_int_equal(health.waiting, 1);
    assert_int_equal(health.dead, 1);
    assert_int_equal(health.delivered, 1);
    struct claimed_row head = claim_head(ledger, "mail", NOW);
    assert_int_equal(head.delivery, 3);
    assert_int_equal(head.losses, 1);
    assert_true(head.in_doubt);
    assert_false(head.moved);
    assert_int_equal(next_events(ledger, 9, 1000).rows[0].event, 3);
    put_note(ledger, "key", "value");
    assert_int_equal(list_notes(ledger, "").count, 1);
}

static void test_its_dead_letters_can_be_sent_again(void **state)
{
    struct ledger *ledger = *state;
    struct changed changed;

    ledger_open(ledger);
    retry_deliveries(ledger, &(struct store_retry){.at_ms = NOW, .now_ms = NOW}, &changed);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.rows[0].delivery, 2);
    assert_int_equal(changed.rows[0].event, 1);
    assert_int_equal(ledger_health(ledger).dead, 0);
    struct claimed claimed = claim_heads(ledger, "mail", 9, NOW);
    assert_int_equal(claimed.count, 2);
    assert_string_equal(claimed.rows[1].thread, "t");
    assert_true(claimed.rows[1].in_doubt);
}

static void test_it_is_upgraded_once(void **state)
{
    struct ledger *ledger = *state;

    for (int i = 0; i < 3; i++) {
        ledger_open(ledger);
        ledger_close(ledger);
    }
    ledger_open(ledger);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM dead"), 1);
    prune_all(ledger, NOW + 9 * DAY, DAY, DAY);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM dead"), 0);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 2);
}

static void test_who_only_reads_is_told_to_start_the_daemon(void **state)
{
    struct ledger *ledger = *state;
    auto_error struct error error = {0};

    assert_null(sqlite_archive_open(ledger->path, &error));
    assert_non_null(strstr(error_text(&error), ledger->path));
    assert_non_null(strstr(error_text(&error), "older tocsin"));
    assert_non_null(strstr(error_text(&error), "version 1"));
    assert_int_equal(ledger_sql(ledger, "PRAGMA user_version"), 1);
}

/* The second version had all but the inbox. */
static void test_one_of_the_second_version_gets_an_inbox_and_keeps_the_rest(void **state)
{
    struct ledger *ledger = *state;

    ledger_open(ledger);
    put_note(ledger, "key", "value");
    ledger_close(ledger);
    execute(ledger->path,
        "DROP TABLE notification; DROP TABLE reader; DROP TABLE read; PRAGMA user_version = 2");

    ledger_open(ledger);
    assert_int_equal(ledger_sql(ledger, "PRAGMA user_version"), 3);
    assert_int_equal(list_notes(ledger, "key").count, 1);
    assert_int_equal(ledger_health(ledger).dead, 1);
    mark_read(ledger, &(struct store_mark_read){.reader = "ada", .until = 1});
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM reader"), 1);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, setup_first_version, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_all_that_was_there_is_there),
        STORY(test_its_dead_letters_can_be_sent_again),
        STORY(test_it_is_upgraded_once),
        STORY(test_one_of_the_second_version_gets_an_inbox_and_keeps_the_rest),
        STORY(test_who_only_reads_is_told_to_start_the_daemon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
