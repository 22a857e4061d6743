#include "ledger.h"

#include <event2/event.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "store/wal_file.h"
#include "wire.h"

enum {
    most_sinks = 16,
    most_asked = 64, /* in one commit, by one round */
};

static const char tables[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE delivery(id INTEGER PRIMARY KEY, event INTEGER NOT NULL, sink INTEGER NOT NULL,"
    " status INTEGER NOT NULL);"; /* 0: claimed */

struct ledger {
    sqlite3 *file;
    sqlite3_stmt *begin, *commit, *event, *claim, *outcome;
    struct mailbox *asked, *kept;
    struct event *round;
    struct entry *first, **last; /* what this round of the loop asked */
    size_t count, counted;
    ledger_kept on_kept;
    void *arg;
};

static void run(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die("%s: %s", sqlite3_sql(statement), sqlite3_errmsg(sqlite3_db_handle(statement)));
    sqlite3_reset(statement);
}

static int64_t delivery_id(const struct entry *entry, size_t sink)
{
    return entry->event * most_sinks + (int64_t)sink - 1;
}

static void write_event(const struct ledger *ledger, const struct entry *entry)
{
    sqlite3_bind_int64(ledger->event, 1, entry->event);
    sqlite3_bind_blob64(ledger->event, 2, entry->body, entry->body_len, SQLITE_STATIC);
    run(ledger->event);
}

static void write_claims(const struct ledger *ledger, const struct entry *entry)
{
    for (size_t sink = 1; sink <= entry->sink; sink++) {
        sqlite3_bind_int64(ledger->claim, 1, delivery_id(entry, sink));
        sqlite3_bind_int64(ledger->claim, 2, entry->event);
        sqlite3_bind_int64(ledger->claim, 3, (int64_t)sink);
        run(ledger->claim);
    }
}

static void write_outcome(const struct ledger *ledger, const struct entry *entry)
{
    sqlite3_bind_int64(ledger->outcome, 1, delivery_id(entry, entry->sink));
    sqlite3_bind_int64(ledger->outcome, 2, entry->status);
    run(ledger->outcome);
}

static void commit(const struct ledger *ledger, const struct letter *letters)
{
    static void (*const write[])(const struct ledger *, const struct entry *) = {
        [ENTRY_EVENT] = write_event,
        [ENTRY_CLAIMS] = write_claims,
        [ENTRY_OUTCOME] = write_outcome};

    run(ledger->begin);
    for (const struct letter *letter = letters; letter; letter = letter->next)
        for (const struct entry *entry = (struct entry *)letter; entry; entry = entry->next)
            write[entry->kind](ledger, entry);
    run(ledger->commit);
}

/* The thread. */
static void *serve(void *arg)
{
    struct ledger *ledger = arg;

    for (;;) {
        struct letter *letters = mailbox_wait(ledger->asked, -1), *next;
        commit(ledger, letters);
        for (; letters; letters = next) {
            next = letters->next;
            mailbox_post(ledger->kept, letters);
        }
    }
    return NULL;
}

static void on_letters(evutil_socket_t fd, short what, void *arg)
{
    struct ledger *ledger = arg;
    struct letter *letter = mailbox_take_all(ledger->kept), *next_letter;

    (void)fd, (void)what;
    for (; letter; letter = next_letter) {
        next_letter = letter->next;
        for (struct entry *entry = (struct entry *)letter, *next; entry; entry = next) {
            next = entry->next;
            ledger->on_kept(entry, ledger->arg);
        }
    }
}

static void post_after_round(const struct ledger *ledger)
{
    static const struct timeval at_once = {0, 0};

    evtimer_add(ledger->round, &at_once);
}

/* As tocsin's: rounds go on while each brings more, since a commit costs as much as many rows. */
static void on_round_over(evutil_socket_t fd, short what, void *arg)
{
    struct ledger *ledger = arg;

    (void)fd, (void)what;
    if (ledger->count > ledger->counted && ledger->count < most_asked) {
        ledger->counted = ledger->count;
        post_after_round(ledger);
        return;
    }
    struct entry *first = ledger->first;
    ledger->first = NULL;
    ledger->last = &ledger->first;
    ledger->count = ledger->counted = 0;
    mailbox_post(ledger->asked, &first->letter);
}

void ledger_keep(struct ledger *ledger, struct entry *entry)
{
    entry->next = NULL;
    *ledger->last = entry;
    ledger->last = &entry->next;
    if (++ledger->count == 1)
        post_after_round(ledger);
}

static sqlite3_stmt *prepare(sqlite3 *file, const char *sql)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v3(file, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL))
        die("%s: %s", sql, sqlite3_errmsg(file));
    return statement;
}

static void file_open(struct ledger *ledger, const char *path)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    if (sqlite3_open_v2(path, &ledger->file, flags, wal_file_vfs()) ||
        sqlite3_exec(ledger->file, tables, NULL, NULL, NULL))
        die("%s: %s", path, sqlite3_errmsg(ledger->file));
    ledger->begin = prepare(ledger->file, "BEGIN IMMEDIATE");
    ledger->commit = prepare(ledger->file, "COMMIT");
    ledger->event = prepare(ledger->file, "INSERT INTO event VALUES(?1, ?2)");
    ledger->claim = prepare(ledger->file, "INSERT INTO delivery VALUES(?1, ?2, ?3, 0)");
    ledger->outcome = prepare(ledger->file, "UPDATE delivery SET status = ?2 WHERE id = ?1");
}

struct ledger *ledger_create(const char *path, struct event_base *base, ledger_kept kept, void *arg)
{
    struct ledger *ledger = must(calloc(1, sizeof *ledger));
    pthread_t thread;

    file_open(ledger, path);
    ledger->asked = mailbox_create();
    ledger->kept = mailbox_create();
    ledger->round = must(evtimer_new(base, on_round_over, ledger));
    ledger->last = &ledger->first;
    ledger->on_kept = kept;
    ledger->arg = arg;
    event_add(
        must(event_new(base, mailbox_fd(ledger->kept), EV_READ | EV_PERSIST, on_letters, ledger)),
        NULL);
    int fault = pthread_create(&thread, NULL, serve, ledger);
    if (fault)
        die("a thread: %s", strerror(fault));
    return ledger;
}
