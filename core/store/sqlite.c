/* The engine as the loop sees it: calls become requests, what was asked while the loop was busy
 * goes to the writer as one letter, and its answers come back as one. */
#include "store/sqlite.h"

#include <assert.h>
#include <event2/event.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "store/lock.h"
#include "store/operations.h"
#include "store/request.h"
#include "store/writer.h"

enum {
    most_asked = 64,     /* in one letter: more would hardly make the share of a commit smaller */
    longest_wait_ms = 2, /* before what was asked is posted, however busy the loop is */
};

struct engine {
    struct journal journal;
    struct writer *writer;
    struct mailbox *answers;
    struct event *asked_timer, *answered_event;
    struct request *asked, **last_asked; /* not posted yet */
    int asked_count, counted;            /* counted: at the end of the last round */
    int64_t asked_ms;                    /* monotonic: since when something is */
    size_t in_flight;                    /* asked and not answered */
    int lock;
    bool is_answering;
};

static struct engine *engine_of(struct journal *journal)
{
    return (struct engine *)journal;
}

static void post_asked(struct engine *engine)
{
    struct request *chain = engine->asked;

    if (!chain)
        return;
    engine->asked = NULL;
    engine->last_asked = &engine->asked;
    engine->asked_count = engine->counted = 0;
    writer_post(engine->writer, chain);
}

static void post_after_round(struct engine *engine)
{
    static const struct timeval at_once = {0, 0};

    evtimer_add(engine->asked_timer, &at_once);
}

/* A commit costs as much as some ten requests: as long as each round brings more of them, it pays
 * to go on. A loop that has nothing else to do comes here at once, so nobody waits for company that
 * may not come. */
static void on_round_over(evutil_socket_t fd, short events, void *arg)
{
    struct engine *engine = arg;

    (void)fd;
    (void)events;
    if (engine->asked_count == engine->counted ||
        clock_mono_ms() - engine->asked_ms >= longest_wait_ms) {
        post_asked(engine);
        return;
    }
    engine->counted = engine->asked_count;
    post_after_round(engine);
}

static void ask(struct journal *journal, struct request *request)
{
    struct engine *engine = engine_of(journal);

    *engine->last_asked = request;
    engine->last_asked = &request->next;
    engine->in_flight++;
    if (++engine->asked_count == 1) {
        engine->asked_ms = clock_mono_ms();
        post_after_round(engine);
    } else if (engine->asked_count == most_asked) {
        post_asked(engine);
    }
}

static void answer(struct engine *engine, struct letter *letters)
{
    struct request *request = request_join(letters);

    engine->is_answering = true;
    while (request) {
        struct request *next = request->next;
        engine->in_flight--;
        request->operation->answer(request);
        request_destroy(request);
        request = next;
    }
    engine->is_answering = false;
}

static void on_answered(evutil_socket_t fd, short events, void *arg)
{
    struct engine *engine = arg;

    (void)fd;
    (void)events;
    answer(engine, mailbox_take_all(engine->answers));
}

static void ask_accept(
    struct journal *journal, const struct store_accept *accept, store_accept_done done, void *arg)
{
    ask(journal, accept_request(accept, done, arg));
}

static void ask_next_events(
    struct journal *journal, size_t max, size_t bytes, store_events_done done, void *arg)
{
    ask(journal, hand_out_request(max, bytes, done, arg));
}

static void ask_route(
    struct journal *journal, const struct store_route *route, store_route_done done, void *arg)
{
    ask(journal, route_request(route, done, arg));
}

static void ask_claim(struct journal *journal, const char *sink, size_t max, int64_t now_ms,
    store_claim_done done, void *arg)
{
    ask(journal, claim_request(sink, max, now_ms, done, arg));
}

static void ask_settle(
    struct journal *journal, const struct store_settle *settle, store_settle_done done, void *arg)
{
    ask(journal, settle_request(settle, done, arg));
}

static void ask_release(struct journal *journal, const struct store_hold *holds, size_t count,
    store_done done, void *arg)
{
    ask(journal, release_request(holds, count, done, arg));
}

static void ask_load(struct journal *journal, store_id event, store_load_done done, void *arg)
{
    ask(journal, load_request(event, done, arg));
}

static void ask_prune(struct journal *journal, int64_t now_ms, int64_t keep_ms,
    int64_t keep_dead_ms, store_prune_done done, void *arg)
{
    ask(journal, prune_request(now_ms, keep_ms, keep_dead_ms, done, arg));
}

static void ask_retry(
    struct journal *journal, const struct store_retry *retry, store_changes_done done, void *arg)
{
    ask(journal, retry_request(retry, done, arg));
}

static void ask_finish(
    struct journal *journal, const struct store_finish *finish, store_changes_done done, void *arg)
{
    ask(journal, finish_request(finish, done, arg));
}

static void ask_move(
    struct journal *journal, const struct store_move *move, store_changes_done done, void *arg)
{
    ask(journal, move_request(move, done, arg));
}

static void ask_replay(struct journal *journal, const struct store_replays *replays,
    store_changes_done done, void *arg)
{
    ask(journal, replay_request(replays, done, arg));
}

static void ask_note_put(
    struct journal *journal, const char *key, const char *value, store_done done, void *arg)
{
    ask(journal, note_put_request(key, value, done, arg));
}

static void ask_note_list(
    struct journal *journal, const char *prefix, store_notes_done done, void *arg)
{
    ask(journal, note_list_request(prefix, done, arg));
}

static void ask_mark_read(
    struct journal *journal, const struct store_mark_read *read, store_done done, void *arg)
{
    ask(journal, mark_read_request(read, done, arg));
}

static void visit_queues(struct journal *journal, store_queue_visit visit, void *arg)
{
    writer_queues(engine_of(journal)->writer, visit, arg);
}

static void health(struct journal *journal, struct store_health *health)
{
    writer_health(engine_of(journal)->writer, health);
}

static const char *ledger_id(struct journal *journal)
{
    return writer_ledger_id(engine_of(journal)->writer);
}

static void destroy(struct engine *engine)
{
    if (engine->asked_timer)
        event_free(engine->asked_timer);
    if (engine->answered_event)
        event_free(engine->answered_event);
    writer_destroy(engine->writer);
    mailbox_destroy(engine->answers);
    lock_release(engine->lock);
    free(engine);
}

static void close_engine(struct journal *journal)
{
    struct engine *engine = engine_of(journal);

    assert(!engine->is_answering);
    while (engine->in_flight > 0) {
        post_asked(engine);
        answer(engine, mailbox_wait(engine->answers, -1));
    }
    destroy(engine);
}

static const struct journal_ops ops = {
    .accept = ask_accept,
    .next_events = ask_next_events,
    .route = ask_route,
    .claim = ask_claim,
    .settle = ask_settle,
    .release = ask_release,
    .load = ask_load,
    .prune = ask_prune,
    .retry = ask_retry,
    .finish = ask_finish,
    .move = ask_move,
    .replay = ask_replay,
    .note_put = ask_note_put,
    .note_list = ask_note_list,
    .mark_read = ask_mark_read,
    .queues = visit_queues,
    .health = health,
    .ledger_id = ledger_id,
    .close = close_engine,
};

static bool start(struct engine *engine, const char *path, int64_t max_bytes,
    struct event_base *base, const struct logger *logger, struct error *error)
{
    engine->lock = lock_take(path, error);
    if (engine->lock < 0)
        return false;
    engine->writer = writer_create(path, max_bytes, engine->answers, logger, error);
    if (!engine->writer)
        return false;
    engine->asked_timer = evtimer_new(base, on_round_over, engine);
    engine->answered_event =
        event_new(base, mailbox_fd(engine->answers), EV_READ | EV_PERSIST, on_answered, engine);
    if (!engine->asked_timer || !engine->answered_event ||
        event_add(engine->answered_event, NULL) < 0)
        return error_set(error, "open the ledger %s: the loop refuses it", path);
    return true;
}

struct journal *sqlite_journal_open(const char *path, int64_t max_bytes, struct event_base *base,
    const struct logger *logger, struct error *error)
{
    struct engine *engine = mem_alloc(sizeof *engine);

    /* SQLite counts its memory under one lock unless told not to: a quarter of the processor time
     * of an event (tests/bench/store_bench). It refuses, and no harm is done, once it is in use. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    engine->journal.ops = &ops;
    engine->answers = mailbox_create();
    engine->last_asked = &engine->asked;
    if (start(engine, path, max_bytes, base, logger, error))
        return &engine->journal;
    destroy(engine);
    return NULL;
}
