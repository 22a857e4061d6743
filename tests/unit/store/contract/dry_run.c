/* What an operator would do: the same answer, and nothing done. */
#include "../../cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "contract.h"

/* All that can be seen of the ledger. */
static char *look(struct ledger *ledger)
{
    struct store_health health = ledger_health(ledger);
    struct archive *archive = ledger_archive(ledger);
    char *seen = text_format("%lld unrouted, %lld waiting, %lld dead, %lld delivered, %lld skipped",
        (long long)health.unrouted, (long long)health.waiting, (long long)health.dead,
        (long long)health.delivered, (long long)health.skipped);

    for (store_id event = 1; event <= health.events; event++) {
        char *before = seen, *story = archive->ops->get_event(archive, event, NULL);
        seen = text_format("%s\n%s", before, story);
        free(before);
        free(story);
    }
    archive->ops->close(archive);
    return seen;
}

/* The dry answer but for the new numbers; and it was dry. */
static void expect_same(const struct changed *dry, struct changed *real)
{
    for (size_t i = 0; i < real->count; i++)
        real->rows[i].became = 0;
    assert_memory_equal(dry, real, sizeof *dry);
}

/* Two threads of three at mail, the first of each dead; what one retry promotes depends on those
 * before it. */
static void make_work(struct ledger *ledger)
{
    dead_letter(ledger, "a", "mail");
    dead_letter(ledger, "b", "mail");
    for (int i = 0; i < 2; i++) {
        new_delivery(ledger, "a", "mail", 1, NOW);
        new_delivery(ledger, "b", "mail", 1, NOW + HOUR);
    }
    claim_heads(ledger, "mail", 1, NOW);
}

static void test_a_dry_retry(void **state)
{
    struct ledger *ledger = *state;
    struct store_retry retry = {.to = "chat", .at_ms = NOW, .now_ms = NOW, .dry_run = true};
    struct changed *changed = mem_alloc(2 * sizeof *changed);

    make_work(ledger);
    char *before = look(ledger);
    retry_deliveries(ledger, &retry, &changed[0]);
    char *after = look(ledger);
    assert_string_equal(after, before);
    assert_int_equal(queue_length(ledger, "mail"), 4);
    assert_int_equal(queue_length(ledger, "chat"), 0);
    retry.dry_run = false;
    retry_deliveries(ledger, &retry, &changed[1]);
    assert_int_equal(changed[1].count, 5);
    assert_string_equal(changed[1].rows[2].promoted, "mail");
    /* No number was used up by the trial. */
    assert_int_equal(changed[1].rows[0].became, 7);
    expect_same(&changed[0], &changed[1]);
    free(before);
    free(after);
    free(changed);
}

static void test_a_dry_skip(void **state)
{
    struct ledger *ledger = *state;
    struct store_finish finish = {
        .result = STORE_SKIPPED, .reason = "no", .at_ms = NOW, .dry_run = true};
    struct changed *changed = mem_alloc(2 * sizeof *changed);

    make_work(ledger);
    char *before = look(ledger);
    finish_deliveries(ledger, &finish, &changed[0]);
    char *after = look(ledger);
    assert_string_equal(after, before);
    finish.dry_run = false;
    finish_deliveries(ledger, &finish, &changed[1]);
    assert_int_equal(changed[1].count, 5);
    expect_same(&changed[0], &changed[1]);
    free(before);
    free(after);
    free(changed);
}

static void test_a_dry_replay(void **state)
{
    struct ledger *ledger = *state;
    const store_id ids[] = {1, 2, 2, 99};
    struct store_replays replays = {
        .events = ids, .count = 4, .how = STORE_REPLAY, .dry_run = true};
    struct changed *changed = mem_alloc(2 * sizeof *changed);

    make_work(ledger);
    char *before = look(ledger);
    replay_events(ledger, &replays, &changed[0]);
    char *after = look(ledger);
    assert_string_equal(after, before);
    assert_int_equal(next_events(ledger, 9, 1000).count, 0);
    replays.dry_run = false;
    replay_events(ledger, &replays, &changed[1]);
    assert_string_equal(changed[1].rows[1].refused, "");
    assert_string_equal(changed[1].rows[2].refused, "waits to be routed already");
    assert_string_equal(changed[1].rows[3].refused, "is not in the ledger");
    expect_same(&changed[0], &changed[1]);
    free(before);
    free(after);
    free(changed);
}

const struct stories dry_run_stories =
    STORIES(STORY(test_a_dry_retry), STORY(test_a_dry_skip), STORY(test_a_dry_replay));
