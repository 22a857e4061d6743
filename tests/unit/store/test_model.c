/* Random work for both engines, of which every answer must be the same. A difference names its seed
 * and step; `test-store_model SEED` runs that one alone. */
#include "../cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "memory_engine.h"
#include "test_clock.h"
#include "told.h"

enum {
    first_seed = 1,
    seeds = 12,
    steps = 400,
    budget_ms = 10000, /* slow builds do as many seeds as fit, at least one */
};

static const char *const sinks[] = {"mail", "teams", "chat", "siem", "", NULL};
static const char *const threads[] = {"", "a", "b", "c"};
static const char *const hooks[] = {"soc", "own"};
static const char *const types[] = {"alert", "case"};
static const char *const words[] = {NULL, "", "one", "two"};

static uint64_t only_seed;

struct model {
    uint64_t random;
    int64_t now_ms;
    struct told sqlite, memory;
    size_t last_line; /* of the text, for the report */
};

/* xorshift64*: the same on every machine. */
static unsigned pick(struct model *model, unsigned below)
{
    model->random ^= model->random >> 12;
    model->random ^= model->random << 25;
    model->random ^= model->random >> 27;
    return (unsigned)((model->random * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}
#define ONE_OF(model, array) ((array)[pick((model), sizeof(array) / sizeof *(array))])

static bool chance(struct model *model, unsigned percent)
{
    return pick(model, 100) < percent;
}

static const char *pick_sink(struct model *model)
{
    return sinks[pick(model, 4)];
}

/* One of the last thirty or so, or one that never was. */
static store_id pick_id(struct model *model, store_id last)
{
    store_id first = last > 30 ? last - 30 : 1;

    return first + pick(model, (unsigned)(last - first) + 2);
}

static store_id pick_event(struct model *model)
{
    return pick_id(model, ledger_health(model->memory.ledger).events);
}

static store_id pick_delivery(struct model *model)
{
    struct store_health health = ledger_health(model->memory.ledger);

    return pick_id(model, health.waiting + health.dead + health.delivered + health.skipped);
}

#define BOTH(call, ...)                                                                            \
    do {                                                                                           \
        call(&model->sqlite, __VA_ARGS__);                                                         \
        call(&model->memory, __VA_ARGS__);                                                         \
    } while (0)

static void do_accept(struct model *model)
{
    char body[16], key[8];
    int len = snprintf(body, sizeof body, "{\"n\":%u}", pick(model, 1000));
    struct store_accept accept = {.hook = ONE_OF(model, hooks),
        .type = ONE_OF(model, types),
        .action = "created",
        .thread = ONE_OF(model, threads),
        .dedupe = chance(model, 50) ? key : NULL,
        .dedupe_ms = chance(model, 50) ? 1000 : 30000,
        .at_ms = model->now_ms,
        .now_ms = model->now_ms,
        .body = body,
        .body_len = (size_t)len,
        .claim = chance(model, 60)};

    snprintf(key, sizeof key, "k%u", pick(model, 8));
    BOTH(told_accept, &accept);
}

static void do_next_events(struct model *model)
{
    size_t max = pick(model, 6), bytes = pick(model, 60);

    BOTH(told_next_events, max, bytes);
}

static void do_route(struct model *model)
{
    struct store_object objects[2];
    struct store_delivery deliveries[4];
    struct store_route route = {.event = pick_event(model),
        .at_ms = model->now_ms,
        .now_ms = model->now_ms,
        .thread = ONE_OF(model, threads),
        .objects = objects,
        .object_count = pick(model, 3),
        .trace = chance(model, 90) ? "[{\"rule\":\"r\"}]" : NULL,
        .deliveries = deliveries,
        .delivery_count = pick(model, 5)};

    for (size_t i = 0; i < route.object_count; i++) {
        bool is_found = chance(model, 70);
        objects[i] = (struct store_object){.name = i ? "case" : "alert",
            .status = is_found ? "found" : "404",
            .object = chance(model, 20) ? 1 + pick(model, 40) : 0,
            .bytes = is_found ? "{\"o\":1}" : NULL,
            .len = is_found ? 7 : 0};
    }
    for (size_t i = 0; i < route.delivery_count; i++)
        deliveries[i] = (struct store_delivery){.sink = pick_sink(model),
            .rule = i % 2 ? "r" : "s",
            .due_ms = model->now_ms + (chance(model, 30) ? pick(model, 5000) : 0),
            .level = (int)pick(model, 100) ? (int)pick(model, 5) : 5,
            .claim = chance(model, 40)};
    BOTH(told_route, &route);
}

static void do_claim(struct model *model)
{
    const char *sink = pick_sink(model);
    size_t max = pick(model, 5);

    BOTH(told_claim, sink, max, model->now_ms);
}

/* One that is held, taken out of the list; or, now and then, one that is not. */
static struct store_hold take_hold(struct model *model)
{
    struct told *told = &model->sqlite;

    if (!told->claim_count || chance(model, 5))
        return (struct store_hold){pick_delivery(model), pick(model, 100)};
    size_t i = pick(model, (unsigned)told->claim_count);
    struct store_hold hold = told->claims[i];
    told->claims[i] = told->claims[--told->claim_count];
    return hold;
}

static void do_settle(struct model *model)
{
    struct store_hold hold = take_hold(model);
    struct store_settle settle = {.delivery = hold.delivery,
        .claim = hold.claim,
        .result = (enum store_result)pick(model, 4),
        .due_ms = model->now_ms + pick(model, 3000),
        .at_ms = model->now_ms,
        .took_ms = pick(model, 50),
        .status = (int)pick(model, 600),
        .maybe_sent = chance(model, 20),
        .reason = ONE_OF(model, words),
        .reply = ONE_OF(model, words),
        .resume = ONE_OF(model, words),
        .receipt = ONE_OF(model, words),
        .notification = ONE_OF(model, words)};

    BOTH(told_settle, &settle);
}

static void do_release(struct model *model)
{
    struct store_hold holds[2] = {take_hold(model), take_hold(model)};
    size_t count = 1 + pick(model, 2);

    BOTH(told_release, holds, count);
}

static void do_load(struct model *model)
{
    store_id event = pick_event(model);

    BOTH(told_load, event);
}

/* By ids, or by a sink and times. */
static struct store_pick pick_some(struct model *model, store_id *ids)
{
    struct store_pick some = {.ids = ids, .id_count = chance(model, 50) ? 1 + pick(model, 4) : 0};

    for (size_t i = 0; i < some.id_count; i++)
        ids[i] = pick_delivery(model);
    if (some.id_count)
        return some;
    some.sink = chance(model, 80) ? sinks[pick(model, 5)] : NULL;
    some.since_ms = chance(model, 70) ? model->now_ms - pick(model, 20000) : 0;
    some.until_ms = chance(model, 30) ? model->now_ms - pick(model, 20000) : 0;
    some.after = chance(model, 20) ? pick_delivery(model) : 0;
    return some;
}

static void do_retry(struct model *model)
{
    store_id ids[4];
    struct store_retry retry = {.pick = pick_some(model, ids),
        .to = chance(model, 40) ? pick_sink(model) : NULL,
        .at_ms = model->now_ms,
        .now_ms = model->now_ms,
        .dry_run = chance(model, 40)};

    BOTH(told_retry, &retry);
}

static void do_finish(struct model *model)
{
    store_id ids[4];
    struct store_finish finish = {.pick = pick_some(model, ids),
        .result = chance(model, 70) ? STORE_SKIPPED : STORE_DEAD,
        .reason = "it is enough",
        .at_ms = model->now_ms,
        .dry_run = chance(model, 40)};

    BOTH(told_finish, &finish);
}

static void do_move(struct model *model)
{
    unsigned from = pick(model, 4);
    struct store_move move = {
        .pick = {.sink = sinks[from], .until_ms = model->now_ms - pick(model, 20000)},
        .to = sinks[(from + 1) % 4],
        .at_ms = model->now_ms,
        .now_ms = model->now_ms};

    BOTH(told_move, &move);
}

static void do_replay(struct model *model)
{
    store_id ids[3] = {pick_event(model), pick_event(model), pick_event(model)};
    struct store_replays replays = {.events = ids,
        .count = chance(model, 60) ? 1 + pick(model, 3) : 0,
        .since_ms = model->now_ms - pick(model, 5000),
        .hook = chance(model, 30) ? ONE_OF(model, hooks) : NULL,
        .type = chance(model, 30) ? ONE_OF(model, types) : NULL,
        .except_hook = chance(model, 30) ? ONE_OF(model, hooks) : NULL,
        .how = chance(model, 50) ? STORE_REPLAY : STORE_REPLAY_MISSING,
        .dry_run = chance(model, 40)};

    BOTH(told_replay, &replays);
}

static void do_note(struct model *model)
{
    static const char *const keys[] = {"a/1", "a/2", "b", "a", "a/10"};
    const char *key = ONE_OF(model, keys), *value = ONE_OF(model, words);
    const char *prefix = chance(model, 50) ? "a/" : "a";

    BOTH(told_note_put, key, value);
    BOTH(told_note_list, prefix);
}

static const char *const readers[] = {"everyone", "ada", ""};

static void do_mark_read(struct model *model)
{
    store_id ids[2] = {1 + pick(model, 40), 1 + pick(model, 40)};
    struct store_mark_read read = {.reader = readers[pick(model, 3)],
        .ids = ids,
        .id_count = pick(model, 3),
        .until = chance(model, 20) ? 1 + pick(model, 40) : 0};

    BOTH(told_mark_read, &read);
}

static void run_both(struct model *model)
{
    ledger_run(model->sqlite.ledger);
    ledger_run(model->memory.ledger);
}

static void do_find(struct model *model)
{
    struct archive_events events = {.since_ms = model->now_ms - pick(model, 20000),
        .hook = chance(model, 30) ? ONE_OF(model, hooks) : NULL,
        .type = chance(model, 30) ? ONE_OF(model, types) : NULL,
        .thread = chance(model, 30) ? ONE_OF(model, threads) : NULL,
        .sink = chance(model, 30) ? sinks[pick(model, 5)] : NULL,
        .rule = chance(model, 20) ? "r" : NULL,
        .fate = chance(model, 50) ? (enum archive_fate)pick(model, 7) : ARCHIVE_ANY_FATE,
        .text = chance(model, 20) ? ":1" : NULL,
        .before = chance(model, 50) ? pick_event(model) : 0,
        .limit = pick(model, 6)};
    struct archive_deliveries deliveries = {.state = (enum archive_state)(1 + pick(model, 3)),
        .sink = chance(model, 50) ? sinks[pick(model, 5)] : NULL,
        .since_ms = chance(model, 50) ? model->now_ms - pick(model, 20000) : 0,
        .until_ms = chance(model, 30) ? model->now_ms - pick(model, 5000) : 0,
        .before = chance(model, 50) ? pick_delivery(model) : 0,
        .limit = pick(model, 6)};
    struct archive_scan scan = {.since_ms = chance(model, 50) ? model->now_ms - 9000 : 0,
        .until_ms = chance(model, 50) ? model->now_ms : 0,
        .after = chance(model, 70) ? pick_event(model) : 0,
        .before = chance(model, 30) ? pick_event(model) : 0,
        .limit = pick(model, 6)};
    struct archive_notifications notifications = {.reader = readers[pick(model, 3)],
        .sink = chance(model, 50) ? sinks[pick(model, 5)] : NULL,
        .only_unread = chance(model, 50),
        .before = chance(model, 50) ? pick(model, 40) : 0,
        .limit = pick(model, 6)};
    store_id event = pick_event(model);

    run_both(model); /* the archive shows what is done, not what was asked */
    BOTH(told_find_events, &events);
    BOTH(told_find_deliveries, &deliveries);
    BOTH(told_find_notifications, &notifications);
    BOTH(told_scan, &scan);
    BOTH(told_get_event, event);
}

static void do_prune(struct model *model)
{
    int64_t keep_ms = 2000 + pick(model, 20000), keep_dead_ms = keep_ms + pick(model, 30000);

    run_both(model);
    BOTH(told_prune, model->now_ms, keep_ms, keep_dead_ms);
}

static void restart(struct told *told, bool cleanly)
{
    told->archive->ops->close(told->archive);
    if (cleanly) {
        ledger_close(told->ledger);
        ledger_open(told->ledger);
    } else {
        ledger_crash(told->ledger);
    }
    told->archive = ledger_archive(told->ledger);
}

static void do_restart(struct model *model)
{
    bool cleanly = chance(model, 20);

    run_both(model);
    BOTH(restart, cleanly);
    if (chance(model, 60))
        model->sqlite.claim_count = 0; /* else some that are stale are tried */
}

static const struct {
    unsigned weight;
    void (*act)(struct model *model);
} acts[] = {
    {20, do_accept},
    {8, do_next_events},
    {20, do_route},
    {14, do_claim},
    {16, do_settle},
    {3, do_release},
    {2, do_load},
    {4, do_retry},
    {3, do_finish},
    {3, do_move},
    {3, do_replay},
    {2, do_note},
    {3, do_mark_read},
    {6, do_find},
    {2, do_prune},
    {2, do_restart},
};

static void act_once(struct model *model)
{
    unsigned all = 0, i = 0;

    for (size_t k = 0; k < sizeof acts / sizeof *acts; k++)
        all += acts[k].weight;
    unsigned drawn = pick(model, all);
    while (drawn >= acts[i].weight)
        drawn -= acts[i++].weight;
    acts[i].act(model);
}

/* Ids that people read begin with the ledger's, which is another in each. */
static void forget_ledger_id(struct told *told)
{
    const char *id = told->ledger->journal->ops->ledger_id(told->ledger->journal);
    char prefix[16];

    snprintf(prefix, sizeof prefix, "%s-d", id);
    for (char *at = told->text.data; at && (at = strstr(at, prefix)); at++)
        memcpy(at, "memory", 6);
}

/* Several calls share a group. */
static void do_step(struct model *model)
{
    for (unsigned i = 0, calls = 1 + pick(model, 4); i < calls; i++)
        act_once(model);
    run_both(model);
    BOTH(told_health, sinks);
    forget_ledger_id(&model->sqlite);
    model->now_ms += chance(model, 30) ? pick(model, 4000) : 0;
    test_clock_set(model->now_ms);
}

static void expect_same(struct model *model, uint64_t seed, int step)
{
    const char *sqlite = buf_text(&model->sqlite.text), *memory = buf_text(&model->memory.text);

    if (strcmp(sqlite, memory) != 0) {
        print_error("seed %llu, step %d\n", (unsigned long long)seed, step);
        fprintf(stderr, "--- sqlite\n%s--- memory\n%s", sqlite, memory); /* of any length */
        fail();
    }
    buf_clear(&model->sqlite.text);
    buf_clear(&model->memory.text);
}

static void open_told(struct told *told, const struct ledger_engine *engine)
{
    void *ledger;

    ledger_setup_with(&ledger, engine);
    told->ledger = ledger;
    told->ledger->logger.threshold = LOG_LEVEL_ERROR;
    told->archive = ledger_archive(told->ledger);
}

static void close_told(struct told *told)
{
    struct memory *memory = told->ledger->memory;
    void *ledger = told->ledger;

    told->archive->ops->close(told->archive);
    ledger_teardown(&ledger);
    memory_destroy(memory);
    buf_finish(&told->text);
}

static void run_seed(uint64_t seed)
{
    struct model *model = mem_alloc(sizeof *model);

    model->random = seed * UINT64_C(0x9e3779b97f4a7c15);
    model->now_ms = NOW;
    test_clock_set(NOW);
    open_told(&model->sqlite, &sqlite_engine);
    open_told(&model->memory, &memory_engine);
    for (int step = 0; step < steps; step++) {
        do_step(model);
        expect_same(model, seed, step);
    }
    close_told(&model->sqlite);
    close_told(&model->memory);
    free(model);
}

static void test_both_engines_answer_the_same(void **state)
{
    int64_t began_ms = clock_mono_ms();

    (void)state;
    if (only_seed) {
        run_seed(only_seed);
        return;
    }
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++)
        if (seed == first_seed || clock_mono_ms() - began_ms < budget_ms)
            run_seed(seed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_engines_answer_the_same)};

    only_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
