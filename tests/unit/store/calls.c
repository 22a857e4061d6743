/* The calls of ledger.h. */
#include "../cmocka_setup.h"

#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

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
        result->rows[i].replay = events[i].replay;
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

void prune_all(struct ledger *ledger, int64_t now_ms, int64_t keep_ms, int64_t keep_dead_ms)
{
    int steps = 0;

    while (prune_step(ledger, now_ms, keep_ms, keep_dead_ms))
        assert_in_range(++steps, 1, 1000);
}

static void on_changed(const struct error *error, const struct store_changes *changes, void *arg)
{
    struct changed *result = end(arg);

    memset(result, 0, sizeof *result);
    KEEP(result->error, error->text);
    if (!changes)
        return;
    result->count = changes->count;
    result->last = changes->last;
    result->more = changes->more;
    result->is_busy = changes->is_busy;
    result->next_due_ms = changes->next_due_ms;
    assert_true(changes->count <= STORE_STEP);
    for (size_t i = 0; i < changes->count; i++) {
        const struct store_change *change = &changes->items[i];
        struct changed_row *row = &result->rows[i];
        row->delivery = change->delivery;
        row->became = change->became;
        row->event = change->event;
        KEEP(row->sink, change->sink);
        KEEP(row->promoted, change->promoted);
        KEEP(row->refused, change->refused);
    }
}

void ask_retry(struct ledger *ledger, const struct store_retry *retry, struct changed *changed)
{
    ledger->journal->ops->retry(ledger->journal, retry, on_changed, begin(ledger, changed));
}

void retry_deliveries(
    struct ledger *ledger, const struct store_retry *retry, struct changed *changed)
{
    ask_retry(ledger, retry, changed);
    ledger_run(ledger);
}

void finish_deliveries(
    struct ledger *ledger, const struct store_finish *finish, struct changed *changed)
{
    ledger->journal->ops->finish(ledger->journal, finish, on_changed, begin(ledger, changed));
    ledger_run(ledger);
}

void move_deliveries(struct ledger *ledger, const struct store_move *move, struct changed *changed)
{
    ledger->journal->ops->move(ledger->journal, move, on_changed, begin(ledger, changed));
    ledger_run(ledger);
}

void replay_events(
    struct ledger *ledger, const struct store_replays *replays, struct changed *changed)
{
    ledger->journal->ops->replay(ledger->journal, replays, on_changed, begin(ledger, changed));
    ledger_run(ledger);
}

void put_note(struct ledger *ledger, const char *key, const char *value)
{
    char error[256];

    ledger->journal->ops->note_put(ledger->journal, key, value, on_done, begin(ledger, error));
    ledger_run(ledger);
    assert_string_equal(error, "");
}

static void on_notes(
    const struct error *error, const struct store_note *notes, size_t count, void *arg)
{
    struct listed_notes *result = end(arg);

    assert_null(error->text);
    assert_true(count <= MAX_ROWS);
    result->count = count;
    for (size_t i = 0; i < count; i++) {
        KEEP(result->rows[i].key, notes[i].key);
        KEEP(result->rows[i].value, notes[i].value);
    }
}

struct listed_notes list_notes(struct ledger *ledger, const char *prefix)
{
    struct listed_notes notes;

    ledger->journal->ops->note_list(ledger->journal, prefix, on_notes, begin(ledger, &notes));
    ledger_run(ledger);
    return notes;
}

void mark_read(struct ledger *ledger, const struct store_mark_read *read)
{
    char error[256];

    ledger->journal->ops->mark_read(ledger->journal, read, on_done, begin(ledger, error));
    ledger_run(ledger);
    assert_string_equal(error, "");
}

struct queue_sought {
    const char *sink;
    int64_t waiting;
};

static void on_queue(const struct store_queue *queue, void *arg)
{
    struct queue_sought *sought = arg;

    if (strcmp(queue->sink, sought->sink) == 0)
        sought->waiting += queue->waiting;
}

int64_t queue_length(struct ledger *ledger, const char *sink)
{
    struct queue_sought sought = {.sink = sink};

    ledger->journal->ops->queues(ledger->journal, on_queue, &sought);
    return sought.waiting;
}
