/* One suite of stories that every engine of journal.h and archive.h passes; each is told twice.
 * What needs a file, or SQL, is beside it. */
#ifndef TOCSIN_TESTS_STORE_CONTRACT_H
#define TOCSIN_TESTS_STORE_CONTRACT_H

#include <jansson.h>

#include "../ledger.h"
#include "../test_clock.h"

struct story {
    const char *name;
    void (*test)(void **state);
};
#define STORY(test)                                                                                \
    {                                                                                              \
#test, test                                                                                \
    }

struct stories {
    const struct story *items;
    size_t count;
};
#define STORIES(...)                                                                               \
    {                                                                                              \
        (const struct story[]){__VA_ARGS__},                                                       \
            sizeof((const struct story[]){__VA_ARGS__}) / sizeof(struct story)                     \
    }

extern const struct stories accept_stories, archive_stories, changes_stories, claim_stories,
    dry_run_stories, inbox_stories, life_stories, move_stories, note_stories, order_stories,
    prune_stories, recovery_stories, replay_stories;

/* The event as archive_ops.get_event tells it; the caller's. */
json_t *story_of(struct ledger *ledger, store_id event);

/* One member of it that is a number, or has so many items. */
int64_t number_in_story(struct ledger *ledger, store_id event, const char *member);

/* How many events are in the ledger. */
int64_t events_kept(struct ledger *ledger);

/* A delivery that became a dead letter; it was attempted once. */
store_id dead_letter(struct ledger *ledger, const char *thread, const char *sink);

/* An event of one delivery to each sink, due now; unclaimed. */
struct routed route_to(
    struct ledger *ledger, store_id event, const char *thread, const char *const *sinks);

#endif
