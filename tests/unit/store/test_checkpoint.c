/* The write-ahead log under a load that never pauses. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <sys/stat.h>

#include "ledger.h"

static int64_t log_size(const struct ledger *ledger)
{
    char path[128];
    struct stat status;

    snprintf(path, sizeof path, "%s-wal", ledger->path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void test_the_log_stays_bounded_while_the_writer_never_rests(void **state)
{
    struct ledger *ledger = *state;
    struct accepted accepted[2][50];
    static const char body[12000];
    struct store_accept accept = {
        .hook = "soc", .at_ms = NOW, .body = body, .body_len = sizeof body};

    /* 120 MB in 200 groups. */
    for (int group = 0; group < 200; group++) {
        for (int i = 0; i < 50; i++)
            ask_accept(ledger, &accept, &accepted[group % 2][i]);
        ledger_run(ledger);
        /* 4,000 frames of 4 kB, and what comes while the writer looks for a moment to finish. */
        assert_in_range(log_size(ledger), 1, 40 * 1000 * 1000);
    }
    for (int i = 0; i < 50; i++)
        assert_string_equal(accepted[1][i].error, "");
}

static void test_a_clean_close_leaves_one_file_and_the_lock(void **state)
{
    struct ledger *ledger = *state;
    char path[128];
    struct stat status;

    new_event(ledger, "t");
    ledger_close(ledger);
    snprintf(path, sizeof path, "%s-wal", ledger->path);
    assert_int_not_equal(stat(path, &status), 0);
    assert_int_equal(ledger_sql(ledger, "SELECT count(*) FROM event"), 1);
    ledger_open(ledger);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_the_log_stays_bounded_while_the_writer_never_rests),
        STORY(test_a_clean_close_leaves_one_file_and_the_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
