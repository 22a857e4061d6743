#include "../cmocka_setup.h"

#include "ledger.h"

#include <dirent.h>
#include <event2/event.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sqlite.h"

int ledger_setup(void **state)
{
    return ledger_setup_with(state, &sqlite_engine);
}

int ledger_setup_with(void **state, const struct ledger_engine *engine)
{
    struct ledger *ledger = mem_alloc(sizeof *ledger);

    ledger->engine = engine;
    snprintf(ledger->folder, sizeof ledger->folder, "/tmp/tocsin-ledger-XXXXXX");
    assert_non_null(mkdtemp(ledger->folder));
    snprintf(ledger->path, sizeof ledger->path, "%s/ledger.db", ledger->folder);
    ledger->logger.threshold = LOG_LEVEL_ERROR;
    ledger_open(ledger);
    *state = ledger;
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    assert_non_null(entries);
    while ((entry = readdir(entries)))
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    assert_int_equal(rmdir(folder), 0);
}

int ledger_teardown(void **state)
{
    struct ledger *ledger = *state;

    ledger_close(ledger);
    remove_folder(ledger->folder);
    free(ledger);
    return 0;
}

void ledger_open(struct ledger *ledger)
{
    struct error error = {0};

    ledger->base = event_base_new();
    ledger->journal = ledger->engine->open(ledger, &error);
    if (!ledger->journal)
        fail_msg("%s", error_text(&error));
}

void ledger_close(struct ledger *ledger)
{
    if (ledger->journal)
        ledger->journal->ops->close(ledger->journal);
    if (ledger->base)
        event_base_free(ledger->base);
    ledger->journal = NULL;
    ledger->base = NULL;
}

void ledger_crash(struct ledger *ledger)
{
    ledger->engine->die(ledger);
    ledger->journal = NULL;
    event_base_free(ledger->base);
    ledger_open(ledger);
}

struct archive *ledger_archive(struct ledger *ledger)
{
    struct error error = {0};
    struct archive *archive = ledger->engine->open_archive(ledger, &error);

    if (!archive)
        fail_msg("%s", error_text(&error));
    return archive;
}

static struct journal *open_sqlite(struct ledger *ledger, struct error *error)
{
    return sqlite_journal_open(
        ledger->path, ledger->max_bytes, ledger->base, &ledger->logger, error);
}

static struct archive *open_sqlite_archive(struct ledger *ledger, struct error *error)
{
    return sqlite_archive_open(ledger->path, error);
}

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    char bytes[65536];
    size_t len;

    assert_true(in && out);
    while ((len = fread(bytes, 1, sizeof bytes, in)) > 0)
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* The files as a kill would leave them: a checkpoint may be going on, but nothing is written to the
 * log any more, so that it holds all that the file has not. */
static void die_with_sqlite(struct ledger *ledger)
{
    char log[128], shared[128], file_aside[128], log_aside[128];

    snprintf(log, sizeof log, "%s-wal", ledger->path);
    snprintf(shared, sizeof shared, "%s-shm", ledger->path);
    snprintf(file_aside, sizeof file_aside, "%s.aside", ledger->path);
    snprintf(log_aside, sizeof log_aside, "%s-wal.aside", ledger->path);
    copy_file(ledger->path, file_aside);
    copy_file(log, log_aside);
    ledger->journal->ops->close(ledger->journal);
    unlink(shared);
    assert_int_equal(rename(file_aside, ledger->path), 0);
    assert_int_equal(rename(log_aside, log), 0);
}

const struct ledger_engine sqlite_engine = {
    .name = "sqlite",
    .open = open_sqlite,
    .open_archive = open_sqlite_archive,
    .die = die_with_sqlite,
};

static void on_deadline(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    (void)arg;
    fail_msg("the ledger did not answer");
}

void ledger_run(struct ledger *ledger)
{
    struct timeval seconds = {.tv_sec = 30};
    struct event *deadline = event_new(ledger->base, -1, 0, on_deadline, NULL);

    event_add(deadline, &seconds);
    while (ledger->open_calls > 0)
        event_base_loop(ledger->base, EVLOOP_ONCE);
    event_free(deadline);
}

struct store_health ledger_health(struct ledger *ledger)
{
    struct store_health health;

    ledger->journal->ops->health(ledger->journal, &health);
    return health;
}

int64_t ledger_sql(const struct ledger *ledger, const char *sql)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *row = NULL;
    int64_t number = 0;

    assert_int_equal(sqlite3_open(ledger->path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    if (sqlite3_prepare_v2(handle, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    int code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        number = sqlite3_column_int64(row, 0);
    else if (code != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    sqlite3_finalize(row);
    sqlite3_close(handle);
    return number;
}

void ledger_die_in_child(struct ledger *ledger, void (*story)(struct ledger *ledger))
{
    int status = 0;

    assert_null(ledger->journal);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        ledger_open(ledger);
        story(ledger);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
