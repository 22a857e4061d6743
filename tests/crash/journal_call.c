/* One call of the journal on a ledger that no daemon has open, for the crash points of calls that
 * the daemon makes only when an operator asks, or seldom. Prints "done" once the call was answered.
 *
 *     crash-journal LEDGER CALL [SINK [TO]] */
#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/journal.h"
#include "store/sqlite.h"

enum {
    most = 100,
};

struct call {
    struct journal *journal;
    const char *sink, *to;
    bool is_over, has_failed;
};

static void end(struct call *call, const struct error *error)
{
    call->is_over = true;
    call->has_failed = error->text != NULL;
    if (error->text)
        fprintf(stderr, "%s\n", error_text(error));
    else
        puts("done");
}

static void on_done(const struct error *error, void *arg)
{
    end(arg, error);
}

static void on_changes(const struct error *error, const struct store_changes *changes, void *arg)
{
    (void)changes;
    end(arg, error);
}

static void on_pruned(const struct error *error, bool more, void *arg)
{
    (void)more;
    end(arg, error);
}

static void on_claimed(const struct error *error, const struct store_claimed *claimed, size_t count,
    const struct store_rest *rest, void *arg)
{
    struct call *call = arg;
    struct store_hold holds[most];

    (void)rest;
    if (error->text) {
        end(call, error);
        return;
    }
    for (size_t i = 0; i < count; i++)
        holds[i] = (struct store_hold){claimed[i].delivery, claimed[i].claim};
    call->journal->ops->release(call->journal, holds, count, on_done, call);
}

static void call_release(struct call *call)
{
    call->journal->ops->claim(
        call->journal, call->sink, most, clock_steady_ms() + 60000, on_claimed, call);
}

static void call_retry(struct call *call)
{
    const struct store_retry retry = {
        .pick = {.sink = call->sink}, .at_ms = clock_wall_ms(), .now_ms = clock_steady_ms()};

    call->journal->ops->retry(call->journal, &retry, on_changes, call);
}

static void call_finish(struct call *call)
{
    const struct store_finish finish = {.pick = {.sink = call->sink},
        .result = STORE_SKIPPED,
        .reason = "nobody needs it",
        .at_ms = clock_wall_ms()};

    call->journal->ops->finish(call->journal, &finish, on_changes, call);
}

static void call_move(struct call *call)
{
    const struct store_move move = {
        .pick = {.sink = call->sink, .until_ms = clock_steady_ms() + 60000},
        .to = call->to,
        .at_ms = clock_wall_ms(),
        .now_ms = clock_steady_ms(),
    };

    call->journal->ops->move(call->journal, &move, on_changes, call);
}

static void call_replay(struct call *call)
{
    const struct store_replays replay = {.how = STORE_REPLAY};

    call->journal->ops->replay(call->journal, &replay, on_changes, call);
}

static void call_note(struct call *call)
{
    call->journal->ops->note_put(call->journal, "test", "kept", on_done, call);
}

/* As if a year had passed. */
static void call_prune(struct call *call)
{
    int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;

    call->journal->ops->prune(
        call->journal, clock_steady_ms() + year_ms, 1000, 1000, on_pruned, call);
}

static const struct {
    const char *name;
    void (*make)(struct call *call);
} calls[] = {
    {"release", call_release},
    {"retry", call_retry},
    {"finish", call_finish},
    {"move", call_move},
    {"replay", call_replay},
    {"note", call_note},
    {"prune", call_prune},
};

static bool make_call(struct call *call, const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, name) == 0) {
            calls[i].make(call);
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    const struct logger logger = {.threshold = LOG_LEVEL_WARN};
    auto_error struct error error = {0};
    struct call call = {.sink = argc > 3 ? argv[3] : NULL, .to = argc > 4 ? argv[4] : NULL};

    json_set_alloc_funcs(mem_alloc, free);
    if (argc < 3 || !base)
        return 2;
    call.journal = sqlite_journal_open(argv[1], 0, base, &logger, &error);
    if (!call.journal) {
        fprintf(stderr, "%s\n", error_text(&error));
        return 3;
    }
    if (!make_call(&call, argv[2]))
        return 2;
    while (!call.is_over)
        event_base_loop(base, EVLOOP_ONCE);
    call.journal->ops->close(call.journal);
    event_base_free(base);
    return call.has_failed ? 1 : 0;
}
