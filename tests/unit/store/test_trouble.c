/* The environment fails: items fail with it, in words, and service resumes by itself. */
#include "../cmocka_setup.h"

#include <event2/event.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "faulty_vfs.h"
#include "ledger.h"

static struct store_accept plain(bool claim)
{
    return (struct store_accept){.hook = "soc",
        .thread = "t",
        .dedupe = "key",
        .dedupe_ms = HOUR,
        .at_ms = NOW,
        .body = "{}",
        .body_len = 2,
        .claim = claim};
}

static void wait_until_writable(struct ledger *ledger)
{
    int64_t deadline_ms = clock_mono_ms() + 20000;

    while (!ledger_health(ledger).writable && clock_mono_ms() < deadline_ms) {
        struct timeval soon = {.tv_usec = 10000};
        event_base_loopexit(ledger->base, &soon);
        event_base_dispatch(ledger->base);
    }
    assert_true(ledger_health(ledger).writable);
}

struct cause {
    int code;
    const char *words;
};

static void test_each_cause_fails_its_items_and_passes(void **state)
{
    static const struct cause causes[] = {
        {SQLITE_FULL, "database or disk is full"},
        {SQLITE_IOERR_WRITE, "disk I/O error"},
        {SQLITE_READONLY, "attempt to write a readonly database"},
        {SQLITE_CORRUPT, "database disk image is malformed"},
    };
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);

    accept.dedupe = NULL;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        faulty_vfs_fail_writes(causes[i].code);
        struct accepted failed = accept_event(ledger, &accept);
        struct store_health sick = ledger_health(ledger);
        faulty_vfs_fail_writes(SQLITE_OK);
        struct accepted fine = accept_event(ledger, &accept);
        struct store_health healthy = ledger_health(ledger);

        assert_non_null(strstr(failed.error, causes[i].words));
        assert_non_null(strstr(failed.error, ledger->path));
        assert_int_equal(failed.event, 0);
        assert_false(sick.writable);
        assert_non_null(strstr(sick.why, causes[i].words));
        assert_string_equal(fine.error, "");
        assert_true(healthy.writable);
        assert_string_equal(healthy.why, "");
        assert_int_equal(healthy.unrouted, i + 1);
    }
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 4);
}

static void test_health_recovers_without_anybody_asking(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);

    faulty_vfs_fail_writes(SQLITE_FULL);
    accept_event(ledger, &accept);
    assert_false(ledger_health(ledger).writable);
    faulty_vfs_fail_writes(SQLITE_OK);
    wait_until_writable(ledger);

    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC);
    accept_event(ledger, &accept);
    assert_false(ledger_health(ledger).writable);
    faulty_vfs_fail_syncs(SQLITE_OK);
    wait_until_writable(ledger);
}

/* The kernel may show what it never wrote. What was answered as failed may be in the file, then; a
 * duplicate must not be told that it is safe before it was written through. */
static void test_after_a_failed_sync_nothing_is_taken_for_durable_that_is_not(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);

    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC);
    assert_non_null(strstr(accept_event(ledger, &accept).error, "disk I/O error"));
    assert_non_null(strstr(accept_event(ledger, &accept).error, "disk I/O error"));
    faulty_vfs_fail_syncs(SQLITE_OK);
    int syncs = faulty_vfs_syncs();
    struct accepted again = accept_event(ledger, &accept);

    assert_string_equal(again.error, "");
    assert_true(again.event > 0);
    /* The log, the file behind it, and the commit. */
    assert_true(faulty_vfs_syncs() >= syncs + 3);
    assert_int_equal(ledger_health(ledger).unrouted, 1);
    /* Whoever asked first was told of a failure: the claim is nobody's, the event is not lost. */
    if (again.is_duplicate)
        assert_int_equal(next_events(ledger, 9, 1000).count, 1);
}

static void test_claims_of_a_failed_commit_are_nobodys(void **state)
{
    struct ledger *ledger = *state;
    store_id delivery = new_delivery(ledger, "t", "teams", 1, NOW);

    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC);
    struct claimed failed = claim_heads(ledger, "teams", 9, NOW);
    faulty_vfs_fail_syncs(SQLITE_OK);
    struct claimed_row head = claim_head(ledger, "teams", NOW);

    assert_non_null(strstr(failed.error, "disk I/O error"));
    assert_int_equal(failed.count, 0);
    assert_int_equal(head.delivery, delivery);
    assert_int_equal(head.attempt, 1);
    assert_int_equal(head.losses, 0);
    assert_false(head.in_doubt);
}

static void test_claims_that_were_told_survive_the_opening_anew(void **state)
{
    struct ledger *ledger = *state;
    store_id delivery = new_delivery(ledger, "t", "teams", 1, NOW);
    struct claimed_row head = claim_head(ledger, "teams", NOW);
    struct store_accept accept = plain(true);

    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC);
    assert_string_not_equal(settle_as(ledger, delivery, head.claim + 1, STORE_DELIVERED).error, "");
    assert_non_null(strstr(accept_event(ledger, &accept).error, "disk I/O error"));
    faulty_vfs_fail_syncs(SQLITE_OK);

    assert_string_equal(settle_as(ledger, delivery, head.claim, STORE_DELIVERED).error, "");
}

static void on_loaded(const struct error *error, const struct store_loaded *loaded, void *arg)
{
    bool *done = arg;

    assert_null(error->text);
    assert_memory_equal(loaded->body, "{\"a\":1}", 7);
    *done = true;
}

static void test_what_only_reads_is_answered_while_nothing_can_be_written(void **state)
{
    struct ledger *ledger = *state;
    store_id event = new_event(ledger, "t");
    struct store_accept accept = plain(true);
    struct accepted accepted;
    bool done = false;

    faulty_vfs_fail_writes(SQLITE_FULL);
    ask_accept(ledger, &accept, &accepted);
    ledger->journal->ops->load(ledger->journal, event, on_loaded, &done);
    ask_accept(ledger, &accept, &accepted);
    ledger_run(ledger);
    faulty_vfs_fail_writes(SQLITE_OK);

    assert_true(done);
    assert_string_not_equal(accepted.error, "");
}

static void test_a_lock_held_by_somebody_else_is_named_and_waited_out(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);
    sqlite3 *other;

    assert_int_equal(sqlite3_open(ledger->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct accepted failed = accept_event(ledger, &accept);
    bool was_writable = ledger_health(ledger).writable;
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);

    assert_non_null(strstr(failed.error, "database is locked"));
    assert_false(was_writable);
    wait_until_writable(ledger);
    assert_string_equal(accept_event(ledger, &accept).error, "");
}

static void test_a_ledger_that_was_removed_takes_nothing(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);
    char aside[128];

    new_event(ledger, "t");
    snprintf(aside, sizeof aside, "%s.aside", ledger->path);
    assert_int_equal(rename(ledger->path, aside), 0);
    struct accepted failed = accept_event(ledger, &accept);
    bool was_writable = ledger_health(ledger).writable;
    assert_int_not_equal(access(ledger->path, F_OK), 0);
    assert_int_equal(rename(aside, ledger->path), 0);

    assert_non_null(strstr(failed.error, "removed or replaced"));
    assert_false(was_writable);
    wait_until_writable(ledger);
    assert_int_equal(ledger_health(ledger).unrouted, 1);
    assert_string_equal(accept_event(ledger, &accept).error, "");
}

static void test_a_statement_that_fails_fails_its_item_alone(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);
    struct accepted accepted[3];

    ledger_sql(ledger, "CREATE TRIGGER poison BEFORE INSERT ON event WHEN new.type = 'poison'"
                       " BEGIN SELECT raise(ABORT, 'this one cannot be'); END");
    accept.dedupe = NULL;
    for (size_t i = 0; i < 3; i++) {
        accept.type = i == 1 ? "poison" : "alert";
        ask_accept(ledger, &accept, &accepted[i]);
    }
    ledger_run(ledger);

    assert_string_equal(accepted[0].error, "");
    assert_non_null(strstr(accepted[1].error, "this one cannot be"));
    assert_string_equal(accepted[2].error, "");
    assert_int_equal(accepted[2].event, accepted[0].event + 1);
    assert_true(ledger_health(ledger).writable);
    assert_int_equal(ledger_health(ledger).unrouted, 2);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM unrouted"), 2);
}

/* The counters are what a walk would count. */
static void expect_right_counts(struct ledger *ledger)
{
    struct store_health health = ledger_health(ledger);

    assert_int_equal(health.waiting, ledger_sql(ledger, "SELECT count(*) FROM delivery"));
    assert_int_equal(health.dead, ledger_sql(ledger, "SELECT count(*) FROM dead"));
    assert_int_equal(health.unrouted, ledger_sql(ledger, "SELECT count(*) FROM unrouted"));
    assert_int_equal(queue_length(ledger, "teams") + queue_length(ledger, "mail"), health.waiting);
    assert_int_equal(queue_length(ledger, "mail"),
        ledger_sql(ledger, "SELECT count(*) FROM delivery WHERE sink = 'mail'"));
}

static store_id make_dead_letter(struct ledger *ledger)
{
    store_id delivery = new_delivery(ledger, "t", "teams", 1, NOW);

    settle_as(ledger, delivery, claim_head(ledger, "teams", NOW).claim, STORE_DEAD);
    return delivery;
}

static void test_counters_and_queues_are_right_after_a_failed_commit(void **state)
{
    struct ledger *ledger = *state;
    struct store_retry retry = {.to = "mail", .at_ms = NOW, .now_ms = NOW};
    struct changed changed;

    make_dead_letter(ledger);
    faulty_vfs_fail_writes(SQLITE_FULL); /* nothing of it is in the file */
    retry_deliveries(ledger, &retry, &changed);
    faulty_vfs_fail_writes(SQLITE_OK);
    assert_string_not_equal(changed.error, "");
    assert_int_equal(changed.count, 0);
    wait_until_writable(ledger);
    assert_int_equal(ledger_health(ledger).dead, 1);
    expect_right_counts(ledger);

    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC); /* all of it may be */
    retry_deliveries(ledger, &retry, &changed);
    faulty_vfs_fail_syncs(SQLITE_OK);
    assert_string_not_equal(changed.error, "");
    wait_until_writable(ledger);
    expect_right_counts(ledger);
}

static void test_queues_are_right_after_an_item_that_failed(void **state)
{
    struct ledger *ledger = *state;
    struct store_delivery deliveries[] = {{.sink = "mail", .rule = "r", .due_ms = NOW},
        {.sink = "teams", .rule = "poison", .due_ms = NOW}};
    struct store_route route = {.at_ms = NOW, .deliveries = deliveries};
    struct routed routed[2];

    ledger_sql(ledger, "CREATE TRIGGER poison BEFORE INSERT ON delivery WHEN new.rule = 'poison'"
                       " BEGIN SELECT raise(ABORT, 'this one cannot be'); END");
    for (size_t i = 0; i < 2; i++) {
        route.event = new_event(ledger, "");
        route.delivery_count = 2 - i;
        ask_route(ledger, &route, &routed[i]);
    }
    ledger_run(ledger);

    assert_non_null(strstr(routed[0].error, "this one cannot be"));
    assert_string_equal(routed[1].error, "");
    assert_int_equal(queue_length(ledger, "mail"), 1);
    assert_int_equal(queue_length(ledger, "teams"), 0);
    expect_right_counts(ledger);
}

/* A dry run undoes its own work in the midst of a group that is run item by item. */
static void test_a_dry_run_beside_an_item_that_fails(void **state)
{
    struct ledger *ledger = *state;
    struct store_retry retry = {.to = "mail", .at_ms = NOW, .now_ms = NOW, .dry_run = true};
    struct store_accept accept = plain(true);
    struct accepted accepted[3];
    struct changed changed[2];

    make_dead_letter(ledger);
    ledger_sql(ledger, "CREATE TRIGGER poison BEFORE INSERT ON event WHEN new.type = 'poison'"
                       " BEGIN SELECT raise(ABORT, 'this one cannot be'); END");
    accept.dedupe = NULL;
    for (size_t i = 0; i < 3; i++) {
        accept.type = i == 1 ? "poison" : "alert";
        ask_accept(ledger, &accept, &accepted[i]);
        if (i < 2)
            ask_retry(ledger, &retry, &changed[i]);
    }
    ledger_run(ledger);

    assert_non_null(strstr(accepted[1].error, "this one cannot be"));
    assert_int_equal(accepted[2].event, accepted[0].event + 1);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(changed[i].error, "");
        assert_int_equal(changed[i].count, 1);
        assert_int_equal(changed[i].rows[0].became, 0);
        assert_string_equal(changed[i].rows[0].sink, "mail");
    }
    assert_int_equal(ledger_health(ledger).dead, 1);
    expect_right_counts(ledger);
}

/* Its settling failed, so it was answered; and is in the file all the same. */
static void test_a_suspect_that_was_settled_unnoticed_holds_up_nobody(void **state)
{
    struct ledger *ledger = *state;

    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "", "teams", 1, NOW);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(claim_heads(ledger, "teams", 9, clock_steady_ms() + 1).count, 2);
        ledger_crash(ledger);
    }
    struct claimed claimed = claim_heads(ledger, "teams", 9, clock_steady_ms() + 1);
    assert_int_equal(claimed.count, 1);
    assert_true(claimed.is_held_back);
    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC);
    struct claimed_row head = claimed.rows[0];
    assert_string_not_equal(
        settle_as(ledger, head.delivery, head.claim, STORE_DELIVERED).error, "");
    faulty_vfs_fail_syncs(SQLITE_OK);
    wait_until_writable(ledger);

    if (ledger_sql(ledger, "SELECT count(*) FROM outcome") == 0)
        settle_as(ledger, head.delivery, head.claim, STORE_DELIVERED);
    assert_int_equal(claim_heads(ledger, "teams", 9, clock_steady_ms() + 1).count, 1);
}

/* A claim survives the opening anew, and so does that it is a suspect's. */
static void test_a_suspect_is_known_after_the_opening_anew(void **state)
{
    struct ledger *ledger = *state;
    struct store_accept accept = plain(true);

    new_delivery(ledger, "", "teams", 1, NOW);
    new_delivery(ledger, "", "teams", 1, NOW);
    for (int i = 0; i < 2; i++) {
        claim_heads(ledger, "teams", 9, clock_steady_ms() + 1);
        ledger_crash(ledger);
    }
    struct claimed claimed = claim_heads(ledger, "teams", 9, clock_steady_ms() + 1);
    assert_int_equal(claimed.count, 1);
    faulty_vfs_fail_syncs(SQLITE_IOERR_FSYNC);
    accept_event(ledger, &accept);
    faulty_vfs_fail_syncs(SQLITE_OK);
    wait_until_writable(ledger);

    assert_true(claim_heads(ledger, "teams", 9, clock_steady_ms() + 1).is_held_back);
    release_holds(ledger, &(struct store_hold){claimed.rows[0].delivery, claimed.rows[0].claim}, 1);
    assert_int_equal(claim_heads(ledger, "teams", 9, clock_steady_ms() + 1).count, 1);
}

/* A file that may not grow, as on a full disk, and the real way through the kernel. */
static int fill_disk(struct ledger *ledger)
{
    struct rlimit was, limit;
    struct store_accept accept = plain(true);
    static const char big[100000];
    int taken = 0;

    signal(SIGXFSZ, SIG_IGN);
    accept.dedupe = NULL;
    accept.body = big;
    accept.body_len = sizeof big;
    getrlimit(RLIMIT_FSIZE, &was);
    limit = was;
    limit.rlim_cur = 1000000;
    setrlimit(RLIMIT_FSIZE, &limit);
    while (taken < 100 && !accept_event(ledger, &accept).error[0])
        taken++;
    bool was_writable = ledger_health(ledger).writable;
    setrlimit(RLIMIT_FSIZE, &was);
    wait_until_writable(ledger);
    bool recovered = !accept_event(ledger, &accept).error[0];
    bool counted = ledger_health(ledger).unrouted == taken + 1;
    return taken > 0 && taken < 100 && !was_writable && recovered && counted ? 0 : 1;
}

static void test_a_file_that_cannot_grow(void **state)
{
    struct ledger *ledger = *state;
    int status = 0;

    ledger_close(ledger);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        ledger_open(ledger);
        int result = fill_disk(ledger);
        ledger_close(ledger);
        _exit(result);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    ledger_open(ledger);
    assert_int_equal(
        ledger_sql(ledger, "SELECT count(*) FROM event"), ledger_health(ledger).unrouted);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_each_cause_fails_its_items_and_passes),
        STORY(test_health_recovers_without_anybody_asking),
        STORY(test_after_a_failed_sync_nothing_is_taken_for_durable_that_is_not),
        STORY(test_claims_of_a_failed_commit_are_nobodys),
        STORY(test_claims_that_were_told_survive_the_opening_anew),
        STORY(test_what_only_reads_is_answered_while_nothing_can_be_written),
        STORY(test_a_lock_held_by_somebody_else_is_named_and_waited_out),
        STORY(test_a_ledger_that_was_removed_takes_nothing),
        STORY(test_a_statement_that_fails_fails_its_item_alone),
        STORY(test_counters_and_queues_are_right_after_a_failed_commit),
        STORY(test_queues_are_right_after_an_item_that_failed),
        STORY(test_a_dry_run_beside_an_item_that_fails),
        STORY(test_a_suspect_that_was_settled_unnoticed_holds_up_nobody),
        STORY(test_a_suspect_is_known_after_the_opening_anew),
        STORY(test_a_file_that_cannot_grow),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
