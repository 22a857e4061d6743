/* Opening: what is a ledger, what is none, and whose it is. */
#include "../cmocka_setup.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "ledger.h"
#include "store/sqlite.h"

/* Tries to open the ledger; whether that is refused in all these words. */
static bool is_refused(const struct ledger *ledger, const char *path, const char *const words[])
{
    auto_error struct error error = {0};
    struct event_base *base = event_base_new();
    struct journal *journal = sqlite_journal_open(path, 0, base, &ledger->logger, &error);
    bool has_all = true;

    if (journal)
        journal->ops->close(journal);
    event_base_free(base);
    for (; *words; words++) {
        if (strstr(error_text(&error), *words))
            continue;
        print_error("\"%s\" says nothing of \"%s\"\n", error_text(&error), *words);
        has_all = false;
    }
    return !journal && has_all;
}
#define EXPECT_REFUSED(ledger, path, ...)                                                          \
    assert_true(is_refused((ledger), (path), (const char *const[]){__VA_ARGS__, NULL}))

static void write_file(const char *path, const char *words)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(words, file);
    fclose(file);
}

static int mode_of(const struct ledger *ledger, const char *suffix)
{
    char path[128];
    struct stat status;

    snprintf(path, sizeof path, "%s%s", ledger->path, suffix);
    assert_int_equal(stat(path, &status), 0);
    return (int)(status.st_mode & 07777);
}

static void test_the_files_are_private_whatever_the_umask(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    unlink(ledger->path);
    mode_t before = umask(0);
    ledger_open(ledger);
    new_event(ledger, "t");
    umask(before);

    assert_int_equal(mode_of(ledger, ""), 0600);
    assert_int_equal(mode_of(ledger, "-wal"), 0600);
    assert_int_equal(mode_of(ledger, "-shm"), 0600);
    assert_int_equal(mode_of(ledger, ".lock"), 0600);
    ledger_close(ledger);
    assert_int_equal(chmod(ledger->path, 0644), 0);
    ledger_open(ledger);
    assert_int_equal(mode_of(ledger, ""), 0600);
}

static void test_a_second_daemon_is_refused_and_told_who_has_it(void **state)
{
    struct ledger *ledger = *state;
    char pid[32], line[32] = "", lock[128];
    int status = 0;

    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const char *const words[] = {ledger->path, "another tocsin", pid, NULL};
        _exit(is_refused(ledger, ledger->path, words) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    snprintf(lock, sizeof lock, "%s.lock", ledger->path);
    FILE *file = fopen(lock, "r");
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(line, pid);
}

static void test_a_newer_ledger_is_refused_with_both_versions(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    ledger_sql(ledger, "PRAGMA user_version = 7");
    EXPECT_REFUSED(ledger, ledger->path, "newer tocsin", "is 7", "up to 3");
    assert_int_equal(ledger_sql(ledger, "PRAGMA user_version"), 7);
}

static void test_what_is_no_ledger_is_refused_and_left_alone(void **state)
{
    struct ledger *ledger = *state;
    char path[128], words[64] = "";

    snprintf(path, sizeof path, "%s/notes.txt", ledger->folder);
    write_file(path, "my notes, which are long enough to be taken for a header of SQLite\n");
    EXPECT_REFUSED(ledger, path, path, "no tocsin ledger");
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(words, sizeof words, file));
    fclose(file);
    assert_non_null(strstr(words, "my notes"));

    ledger_close(ledger);
    ledger_sql(ledger, "PRAGMA application_id = 12");
    EXPECT_REFUSED(ledger, ledger->path, "no tocsin ledger");
    snprintf(path, sizeof path, "%s/folder", ledger->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    EXPECT_REFUSED(ledger, path, "directory");
    rmdir(path);
}

static void test_an_empty_file_becomes_a_ledger(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    unlink(ledger->path);
    write_file(ledger->path, "");
    ledger_open(ledger);
    assert_int_equal(new_event(ledger, "t"), 1);
    assert_int_equal(mode_of(ledger, ""), 0600);
}

static void test_a_missing_folder_is_named_and_not_made(void **state)
{
    struct ledger *ledger = *state;
    char folder[96], path[128];

    snprintf(folder, sizeof folder, "%s/nowhere", ledger->folder);
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    EXPECT_REFUSED(ledger, path, "the folder", folder, "does not exist");
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void test_a_ledger_has_an_id_that_stays_and_another_has_another(void **state)
{
    struct ledger *ledger = *state;
    char id[16], other[16];

    snprintf(id, sizeof id, "%s", ledger->journal->ops->ledger_id(ledger->journal));
    assert_int_equal(strlen(id), 6);
    assert_int_equal(strspn(id, "0123456789abcdef"), 6);
    ledger_close(ledger);
    ledger_open(ledger);
    assert_string_equal(ledger->journal->ops->ledger_id(ledger->journal), id);
    ledger_close(ledger);
    unlink(ledger->path);
    ledger_open(ledger);
    snprintf(other, sizeof other, "%s", ledger->journal->ops->ledger_id(ledger->journal));
    assert_string_not_equal(other, id);
}

static void test_the_file_says_what_it_is(void **state)
{
    struct ledger *ledger = *state;

    new_event(ledger, "t");
    assert_int_equal(ledger_sql(ledger, "PRAGMA page_size"), 4096);
    assert_int_equal(ledger_sql(ledger, "PRAGMA application_id"), 0x746f6373);
    assert_int_equal(ledger_sql(ledger, "SELECT 1 FROM pragma_journal_mode WHERE"
                                        " journal_mode = 'wal'"),
        1);
}

static void test_counters_survive_a_restart(void **state)
{
    struct ledger *ledger = *state;

    for (int i = 0; i < 3; i++) {
        new_delivery(ledger, "", "teams", 1, NOW);
        struct claimed_row head = claim_head(ledger, "teams", NOW);
        settle_as(ledger, head.delivery, head.claim,
            (enum store_result[]){STORE_DELIVERED, STORE_DEAD, STORE_SKIPPED}[i]);
    }
    new_delivery(ledger, "", "teams", 1, NOW);
    new_event(ledger, "t");
    ledger_close(ledger);
    ledger_open(ledger);

    struct store_health health = ledger_health(ledger);
    assert_int_equal(health.events, 5);
    assert_int_equal(health.unrouted, 1);
    assert_int_equal(health.waiting, 1);
    assert_int_equal(health.delivered, 1);
    assert_int_equal(health.dead, 1);
    assert_int_equal(health.skipped, 1);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, ledger_setup, ledger_teardown)
    const struct CMUnitTest tests[] = {
        STORY(test_the_files_are_private_whatever_the_umask),
        STORY(test_a_second_daemon_is_refused_and_told_who_has_it),
        STORY(test_a_newer_ledger_is_refused_with_both_versions),
        STORY(test_what_is_no_ledger_is_refused_and_left_alone),
        STORY(test_an_empty_file_becomes_a_ledger),
        STORY(test_a_missing_folder_is_named_and_not_made),
        STORY(test_a_ledger_has_an_id_that_stays_and_another_has_another),
        STORY(test_the_file_says_what_it_is),
        STORY(test_counters_survive_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
