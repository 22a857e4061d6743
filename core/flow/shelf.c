/* Stories whose deliveries wait, kept ready to be told: their next attempt then needs no reading
 * and no parsing. Bounded by what they take in memory. Deliveries go first in, first out, so a full
 * shelf refuses new stories rather than drop the old ones that are wanted next; only what has stood
 * for long, for a sink that is shut, makes room, and before it what was read for one sink and is
 * kept because the others' backlogs come to the same events. The ledger has them all. */
#include <assert.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/mem.h"
#include "enrich/enricher.h"
#include "flow/flow-private.h"
#include "flow/story.h"

enum {
    most_bytes = 12 << 20,
    most_lent_bytes = 2 << 20, /* of them */
    story_overhead = 8192,
    bytes_parsed = 12, /* that a byte of JSON takes as a tree, about */
    long_ms = 10000,
};

struct place {
    UT_hash_handle hh;
    TAILQ_ENTRY(place) link; /* shelf::places or ::guests, oldest first */
    struct story *story;
    int64_t number, since_ms;
    size_t weight;
    size_t wanted; /* by so many deliveries; 0: a guest, which somebody may want */
};

TAILQ_HEAD(places, place);

struct shelf {
    struct place *by_number;
    struct places places, guests;
    size_t bytes, lent_bytes;
};

static size_t weigh(const struct story *story)
{
    size_t object = story->looked_up ? story->looked_up->len : 0;

    return (story->body_len + object) * bytes_parsed + story_overhead;
}

static void take_off(struct shelf *shelf, struct place *place)
{
    HASH_DELETE(hh, shelf->by_number, place); /* NOLINT: it is in the table, so there is one */
    if (place->wanted > 0) {
        TAILQ_REMOVE(&shelf->places, place, link);
    } else {
        TAILQ_REMOVE(&shelf->guests, place, link);
        shelf->lent_bytes -= place->weight;
    }
    shelf->bytes -= place->weight;
    story_release(place->story);
    free(place);
}

struct shelf *shelf_create(void)
{
    struct shelf *shelf = mem_alloc(sizeof *shelf);

    TAILQ_INIT(&shelf->places);
    TAILQ_INIT(&shelf->guests);
    return shelf;
}

static bool has_room(const struct shelf *shelf, size_t weight)
{
    return shelf->bytes + weight <= most_bytes;
}

/* Takes off the oldest that stand there since then or longer, until there is room. */
static void evict(struct shelf *shelf, struct places *from, int64_t since_ms, size_t weight)
{
    struct place *place, *next;

    for (place = TAILQ_FIRST(from); place; place = next) {
        next = TAILQ_NEXT(place, link);
        if (has_room(shelf, weight) || place->since_ms > since_ms)
            return;
        take_off(shelf, place);
    }
}

void shelf_destroy(struct shelf *shelf)
{
    evict(shelf, &shelf->guests, INT64_MAX, most_bytes);
    evict(shelf, &shelf->places, INT64_MAX, most_bytes);
    free(shelf);
}

static bool make_room(struct shelf *shelf, size_t weight, int64_t now_ms)
{
    evict(shelf, &shelf->guests, now_ms, weight);
    evict(shelf, &shelf->places, now_ms - long_ms, weight);
    return has_room(shelf, weight);
}

static struct place *find(struct shelf *shelf, int64_t number)
{
    struct place *place;

    HASH_FIND(hh, shelf->by_number, &number, sizeof number, place);
    return place;
}

static void place_create(struct shelf *shelf, struct story *story, size_t wanted, int64_t now_ms)
{
    struct place *place = mem_alloc(sizeof *place);

    place->story = story_keep(story);
    place->number = story->number;
    place->since_ms = now_ms;
    place->wanted = wanted;
    place->weight = weigh(story);
    shelf->bytes += place->weight;
    shelf->lent_bytes += wanted > 0 ? 0 : place->weight;
    HASH_ADD(hh, shelf->by_number, number, sizeof place->number, place);
    TAILQ_INSERT_TAIL(wanted > 0 ? &shelf->places : &shelf->guests, place, link);
}

void shelf_put(struct shelf *shelf, struct story *story, size_t wanted, int64_t now_ms)
{
    struct place *place = find(shelf, story->number);

    assert(wanted > 0);
    if (place && place->wanted == 0) {
        take_off(shelf, place);
        place = NULL;
    }
    if (place)
        place->wanted += wanted;
    else if (make_room(shelf, weigh(story), now_ms))
        place_create(shelf, story, wanted, now_ms);
}

void shelf_lend(struct shelf *shelf, struct story *story, int64_t now_ms)
{
    size_t weight = weigh(story);
    struct place *oldest, *next;

    if (find(shelf, story->number))
        return;
    for (oldest = TAILQ_FIRST(&shelf->guests); oldest; oldest = next) {
        next = TAILQ_NEXT(oldest, link);
        if (shelf->lent_bytes + weight <= most_lent_bytes)
            break;
        take_off(shelf, oldest);
    }
    if (shelf->lent_bytes + weight <= most_lent_bytes && has_room(shelf, weight))
        place_create(shelf, story, 0, now_ms);
}

struct story *shelf_take(struct shelf *shelf, int64_t number)
{
    struct place *place = find(shelf, number);

    if (!place)
        return NULL;
    struct story *story = story_keep(place->story);
    if (place->wanted == 0)
        return story;
    if (place->wanted == 1)
        take_off(shelf, place);
    else
        place->wanted--;
    return story;
}
