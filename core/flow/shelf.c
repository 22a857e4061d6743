/* Stories whose deliveries wait, kept ready to be told: their next attempt then needs no reading
 * and no parsing. Bounded by what they take in memory. Deliveries go first in, first out, so a full
 * shelf refuses new stories rather than drop the old ones that are wanted next; only what has stood
 * for long, for a sink that is shut, makes room. The ledger has them all. */
#include <stdlib.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/mem.h"
#include "enrich/enricher.h"
#include "flow/flow-private.h"
#include "flow/story.h"

enum {
    most_bytes = 12 << 20,
    story_overhead = 8192,
    bytes_parsed = 12, /* that a byte of JSON takes as a tree, about */
    long_ms = 10000,
};

struct place {
    UT_hash_handle hh;
    TAILQ_ENTRY(place) link; /* shelf::places, oldest first */
    struct story *story;
    int64_t number, since_ms;
    size_t weight;
    size_t wanted; /* by so many deliveries */
};

struct shelf {
    struct place *by_number;
    TAILQ_HEAD(, place) places;
    size_t bytes;
};

static size_t weigh(const struct story *story)
{
    size_t object = story->looked_up ? story->looked_up->len : 0;

    return (story->body_len + object) * bytes_parsed + story_overhead;
}

static void take_off(struct shelf *shelf, struct place *place)
{
    HASH_DELETE(hh, shelf->by_number, place); /* NOLINT: it is in the table, so there is one */
    TAILQ_REMOVE(&shelf->places, place, link);
    shelf->bytes -= place->weight;
    story_release(place->story);
    free(place);
}

struct shelf *shelf_create(void)
{
    struct shelf *shelf = mem_alloc(sizeof *shelf);

    TAILQ_INIT(&shelf->places);
    return shelf;
}

void shelf_destroy(struct shelf *shelf)
{
    struct place *place, *next;

    for (place = TAILQ_FIRST(&shelf->places); place; place = next) {
        next = TAILQ_NEXT(place, link);
        take_off(shelf, place);
    }
    free(shelf);
}

static bool make_room(struct shelf *shelf, size_t weight, int64_t now_ms)
{
    struct place *place, *next;

    for (place = TAILQ_FIRST(&shelf->places); place; place = next) {
        next = TAILQ_NEXT(place, link);
        if (shelf->bytes + weight <= most_bytes || now_ms - place->since_ms < long_ms)
            break;
        take_off(shelf, place);
    }
    return shelf->bytes + weight <= most_bytes;
}

static struct place *find(struct shelf *shelf, int64_t number)
{
    struct place *place;

    HASH_FIND(hh, shelf->by_number, &number, sizeof number, place);
    return place;
}

static struct place *place_create(struct shelf *shelf, struct story *story, int64_t now_ms)
{
    struct place *place = mem_alloc(sizeof *place);

    place->story = story_keep(story);
    place->number = story->number;
    place->since_ms = now_ms;
    place->weight = weigh(story);
    shelf->bytes += place->weight;
    HASH_ADD(hh, shelf->by_number, number, sizeof place->number, place);
    TAILQ_INSERT_TAIL(&shelf->places, place, link);
    return place;
}

void shelf_put(struct shelf *shelf, struct story *story, size_t wanted, int64_t now_ms)
{
    struct place *place = find(shelf, story->number);

    if (!place && make_room(shelf, weigh(story), now_ms))
        place = place_create(shelf, story, now_ms);
    if (place)
        place->wanted += wanted;
}

struct story *shelf_take(struct shelf *shelf, int64_t number)
{
    struct place *place = find(shelf, number);

    if (!place)
        return NULL;
    struct story *story = story_keep(place->story);
    if (--place->wanted == 0)
        take_off(shelf, place);
    return story;
}
