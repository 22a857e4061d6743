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
    struct ledger *ledger = mem_alloc(sizeof *ledger);

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
    ledger->journal = sqlite_journal_open(ledger->path, 0, ledger->base, &ledger->logger, &error);
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

/* What a done needs to find: where the answer goes, and who waits for it. */
struct call {
    struct ledger *ledger;
    void *result;
};

static struct call *begin(struct ledger *ledger, void *result)
{
    struct call *call = mem_alloc(sizeof *call);

    *call = (struct call){ledger, result};
    ledger->open_calls++;
    return call;
}

static void *end(struct call *call)
{
    void *result = call->result;

    call->ledger->open_calls--;
    free(call);
    return result;
}

static void keep(char *kept, size_t size, const char *words)
{
    snprintf(kept, size, "%s", words ? words : "");
}
#define KEEP(kept, words) keep((kept), sizeof(kept), (words))

static void on_accepted(const struct error *error, const struct store_accepted *accepted, void *arg)
{
    struct accepted *result = end(arg);

    *result = (struct accepted){0};
    KEEP(result->error, error->text);
    if (accepted) {
        result->event = accepted->event;
        result->is_duplicate = accepted->duplicate;
    }
}

void ask_accept(struct ledger *ledger, const struct store_accept *accept, struct accepted *accepted)
{
    struct store_accept timed = *accept;

    timed.now_ms = accept->now_ms ? accept->now_ms : accept->at_ms;
    ledger->journal->ops->accept(ledger->journal, &timed, on_accepted, begin(ledger, accepted));
}

struct accepted accept_event(struct ledger *ledger, const struct store_accept *accept)
{
    struct accepted accepted;

    ask_accept(ledger, accept, &accepted);
    ledger_run(ledger);
    return accepted;
}

store_id new_event(struct ledger *ledger, const char *thread)
{
    struct accepted accepted = accept_event(ledger, &(struct store_accept){.hook = "soc",
                                                        .type = "alert",
                                                        .action = "created",
                                                        .thread = thread,
                                                        .at_ms = NOW,
                                                        .body = "{\"a\":1}",
                                                        .body_len = 7,
                                                        .claim = true});

    assert_string_equal(accepted.error, "");
    assert_false(accepted.is_duplicate);
    return accepted.event;
}

static void on_routed(const struct error *error, const struct store_routed *routed, size_t count,
    const store_id *objects, size_t object_count, void *arg)
{
    struct routed *result = end(arg);

    *result = (struct routed){.count = count, .object_count = object_count};
    KEEP(result->error, error->text);
    assert_true(count <= MAX_ROWS && object_count <= MAX_ROWS);
    for (size_t i = 0; i < count; i++) {
        result->rows[i].delivery = routed[i].delivery;
        result->rows[i].claim = routed[i].claim;
        result->rows[i].state = routed[i].state;
        KEEP(result->rows[i].first_receipt, routed[i].first_receipt);
    }
    for (size_t i = 0; i < object_count; i++)
        result->objects[i] = objects[i];
}

void ask_route(struct ledger *ledger, const struct store_route *route, struct routed *routed)
{
    struct store_route timed = *route;

    timed.now_ms = route->now_ms ? route->now_ms : route->at_ms;
    ledger->journal->ops->route(ledger->journal, &timed, on_routed, begin(ledger, routed));
}

struct routed route_event(struct ledger *ledger, const struct store_route *route)
{
    struct routed routed;

    ask_route(ledger, route, &routed);
    ledger_run(ledger);
    return routed;
}

store_id new_delivery(
    struct ledger *ledger, const char *thread, const char *sink, int level, int64_t due_ms)
{
    struct store_delivery delivery = {
        .sink = sink, .rule = "everything", .level = level, .due_ms = due_ms};
    struct routed routed =
        route_event(ledger, &(struct store_route){.event = new_event(ledger, thread),
                                .at_ms = NOW,
                                .thread = thread,
                                .deliveries = &delivery,
                                .delivery_count = 1});

    assert_string_equal(routed.error, "");
    assert_int_equal(routed.count, 1);
    return routed.rows[0].delivery;
}

static void on_claimed(const struct error *error, const struct store_claimed *claimed, size_t count,
    const struct store_rest *rest, void *arg)
{
    struct claimed *result = end(arg);

    *result = (struct claimed){.count = count,
        .more = rest->more,
        .is_held_back = rest->is_held_back,
        .next_due_ms = rest->next_due_ms};
    KEEP(result->error, error->text);
    assert_true(count <= MAX_ROWS);
    for (size_t i = 0; i < count; i++) {
        struct claimed_row *row = &result->rows[i];
        row->claim = claimed[i].claim;
        row->delivery = claimed[i].delivery;
        row->event = claimed[i].event;
        KEEP(row->thread, claimed[i].thread);
        KEEP(row->rule, claimed[i].rule);
        KEEP(row->resume, claimed[i].resume);
        KEEP(row->first_receipt, claimed[i].first_receipt);
        row->level = claimed[i].level;
        row->attempt = claimed[i].attempt;
        row->losses = claimed[i].losses;
        row->in_doubt = claimed[i].in_doubt;
        row->moved = claimed[i].moved;
        row->created_ms = claimed[i].created_ms;
    }
}

struct claimed claim_heads(struct ledger *ledger, const char *sink, size_t max, int64_t now_ms)
{
    struct claimed claimed;

    ledger->journal->ops->claim(
        ledger->journal, sink, max, now_ms, on_claimed, begin(ledger, &claimed));
    ledger_run(ledger);
    return claimed;
}

struct claimed_row claim_head(struct ledger *ledger, const char *sink, int64_t now_ms)
{
    struct claimed claimed = claim_heads(ledger, sink, 1, now_ms);

    assert_string_equal(claimed.error, "");
    assert_int_equal(claimed.count, 1);
    return claimed.rows[0];
}

static void on_settled(const struct error *error, enum store_settled settled, void *arg)
{
    struct settled *result = end(arg);

    *result = (struct settled){
        .promoted = settled == STORE_SETTLED_PROMOTING,
        .stale = settled == STORE_STALE,
    };
    KEEP(result->error, error->text);
}

void ask_settle(struct ledger *ledger, const struct store_settle *settle, struct settled *settled)
{
    ledger->journal->ops->settle(ledger->journal, settle, on_settled, begin(ledger, settled));
}

struct settled settle_delivery(struct ledger *ledger, const struct store_settle *settle)
{
    struct settled settled;

    ask_settle(ledger, settle, &settled);
    ledger_run(ledger);
    return settled;
}

struct settled settle_as(
    struct ledger *ledger, store_id delivery, store_id claim, enum store_result result)
{
    return settle_delivery(ledger, &(struct store_settle){.delivery = delivery,
                                       .claim = claim,
                                       .result = result,
                                       .at_ms = NOW,
                                       .took_ms = 20,
                                       .due_ms = NOW});
}

static void on_done(const struct error *error, void *arg)
{
    char *result = end(arg);

    keep(result, 256, error->text);
}

const char *release_holds(struct ledger *ledger, const struct store_hold *holds, size_t count)
{
    static char error[256];

    ledger->journal->ops->release(ledger->journal, holds, count, on_done, begin(ledger, error));
    ledger_run(ledger);
    return error;
}

static void on_events(
    const struct error *error, const struct store_event *events, size_t count, void *arg)
{
    struct handed_out *result = end(arg);

    *result = (struct handed_out){.count = count};
    KEEP(result->error, error->text);
    assert_true(count <= MAX_ROWS);
    for (size_t i = 0; i < count; i++) {
        result->rows[i].event = events[i].event;
        result->rows[i].losses = events[i].losses;
        KEEP(result->rows[i].thread, events[i].thread);
        snprintf(result->rows[i].body, sizeof result->rows[i].body, "%.*s", (int)events[i].body_len,
            (const char *)events[i].body);
    }
}

struct handed_out next_events(struct ledger *ledger, size_t max, size_t bytes)
{
    struct handed_out handed_out;

    ledger->journal->ops->next_events(
        ledger->journal, max, bytes, on_events, begin(ledger, &handed_out));
    ledger_run(ledger);
    return handed_out;
}

static void on_pruned(const struct error *error, bool more, void *arg)
{
    bool *result = end(arg);

    assert_null(error->text);
    *result = more;
}

bool prune_step(struct ledger *ledger, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms)
{
    bool more;

    ledger->journal->ops->prune(
        ledger->journal, now_ms, keep_ms, keep_dead_ms, on_pruned, begin(ledger, &more));
    ledger_run(ledger);
    return more;
}
