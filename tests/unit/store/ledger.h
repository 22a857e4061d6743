/* A ledger in a folder of its own, and its calls as plain functions: each asks, runs the loop until
 * the answer is there, and returns it. The ask_ forms only ask, so that several share a group;
 * ledger_run() waits for all of them. */
#ifndef TOCSIN_TESTS_STORE_LEDGER_H
#define TOCSIN_TESTS_STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "store/archive.h"
#include "store/journal.h"

struct event_base;
struct memory;

enum {
    MAX_ROWS = 64,
};

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

/* When these stories happen. */
#define NOW INT64_C(1700000000000)

struct ledger;

/* What is tested: SQLite, or the memory engine of the contract suite. */
struct ledger_engine {
    const char *name;
    struct journal *(*open)(struct ledger *ledger, struct error *error);
    struct archive *(*open_archive)(struct ledger *ledger, struct error *error);
    void (*die)(struct ledger *ledger);
};

extern const struct ledger_engine sqlite_engine;

struct ledger {
    const struct ledger_engine *engine;
    int64_t max_bytes;
    struct memory *memory; /* the memory engine's file */
    char folder[64], path[96];
    struct event_base *base;
    struct logger logger;
    struct journal *journal;
    size_t open_calls;
};

struct accepted {
    char error[256];
    store_id event;
    bool is_duplicate;
};

struct routed {
    char error[256];
    size_t count, object_count;
    struct {
        store_id delivery, claim;
        enum store_state state;
        char first_receipt[64];
    } rows[MAX_ROWS];
    store_id objects[MAX_ROWS];
};

struct claimed {
    char error[256];
    size_t count;
    struct claimed_row {
        store_id claim, delivery, event;
        char thread[64], rule[64], resume[64], first_receipt[64];
        int level, attempt, losses;
        bool in_doubt, moved;
        int64_t created_ms;
    } rows[MAX_ROWS];
    bool more, is_held_back;
    int64_t next_due_ms;
};

struct settled {
    char error[256];
    bool promoted, stale;
};

struct handed_out {
    char error[256];
    size_t count;
    struct {
        store_id event;
        char thread[64], body[64];
        int losses;
        enum store_replay replay;
    } rows[MAX_ROWS];
};

struct changed {
    char error[256];
    size_t count;
    struct changed_row {
        store_id delivery, became, event;
        char sink[64], promoted[64], refused[64]; /* "" for NULL */
    } rows[STORE_STEP];
    store_id last;
    bool more, is_busy;
    int64_t next_due_ms;
};

struct listed_notes {
    size_t count;
    struct {
        char key[64], value[64];
    } rows[MAX_ROWS];
};

/* cmocka's set-up and tear-down: *state is the ledger, open. */
int ledger_setup(void **state);
int ledger_teardown(void **state);

int ledger_setup_with(void **state, const struct ledger_engine *engine);

void ledger_open(struct ledger *ledger);
void ledger_close(struct ledger *ledger);
void ledger_run(struct ledger *ledger);
struct store_health ledger_health(struct ledger *ledger);

/* The daemon ends uncleanly, with all that it was answered on the disk; and the next one starts. */
void ledger_crash(struct ledger *ledger);

/* For one call of the archive: open; the caller closes it. */
struct archive *ledger_archive(struct ledger *ledger);

/* Runs SQL on the file, on a connection of its own; the first column of the first row. */
int64_t ledger_sql(const struct ledger *ledger, const char *sql);

/* Forks a child that does what it is given, on this ledger, and dies by SIGKILL before it could
 * close it. The ledger must be closed. */
void ledger_die_in_child(struct ledger *ledger, void (*story)(struct ledger *ledger));

void ask_accept(
    struct ledger *ledger, const struct store_accept *accept, struct accepted *accepted);
struct accepted accept_event(struct ledger *ledger, const struct store_accept *accept);

/* A new event of this thread, claimed by the router. */
store_id new_event(struct ledger *ledger, const char *thread);

void ask_route(struct ledger *ledger, const struct store_route *route, struct routed *routed);
struct routed route_event(struct ledger *ledger, const struct store_route *route);

/* Routes an event to one sink, due now, unclaimed; the delivery. */
store_id new_delivery(
    struct ledger *ledger, const char *thread, const char *sink, int level, int64_t due_ms);

struct claimed claim_heads(struct ledger *ledger, const char *sink, size_t max, int64_t now_ms);
/* The one head that is due; fails if there is none. */
struct claimed_row claim_head(struct ledger *ledger, const char *sink, int64_t now_ms);

void ask_settle(struct ledger *ledger, const struct store_settle *settle, struct settled *settled);
struct settled settle_delivery(struct ledger *ledger, const struct store_settle *settle);
struct settled settle_as(
    struct ledger *ledger, store_id delivery, store_id claim, enum store_result result);

/* The text of the error, "" if none; lives until the next call. */
const char *release_holds(struct ledger *ledger, const struct store_hold *holds, size_t count);

struct handed_out next_events(struct ledger *ledger, size_t max, size_t bytes);

void ask_retry(struct ledger *ledger, const struct store_retry *retry, struct changed *changed);
void retry_deliveries(
    struct ledger *ledger, const struct store_retry *retry, struct changed *changed);
void finish_deliveries(
    struct ledger *ledger, const struct store_finish *finish, struct changed *changed);
void move_deliveries(struct ledger *ledger, const struct store_move *move, struct changed *changed);
void replay_events(
    struct ledger *ledger, const struct store_replays *replays, struct changed *changed);

void put_note(struct ledger *ledger, const char *key, const char *value);
struct listed_notes list_notes(struct ledger *ledger, const char *prefix);

void mark_read(struct ledger *ledger, const struct store_mark_read *read);

/* How many deliveries wait at the sink. */
int64_t queue_length(struct ledger *ledger, const char *sink);

/* Whether there was more. */
bool prune_step(struct ledger *ledger, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms);
void prune_all(struct ledger *ledger, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms);

#endif
