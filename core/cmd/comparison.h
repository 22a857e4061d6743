/* Two editions of the rules, asked about the same events: who hears more, less, or in other words.
 */
#ifndef TOCSIN_CMD_COMPARISON_H
#define TOCSIN_CMD_COMPARISON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edition;
struct setup;
struct story;

struct tally;

struct comparison {
    const struct setup *setup;
    const struct edition *before, *after;
    bool share_partials;   /* they do */
    size_t most_shown;     /* differing events that are kept, the first ones */
    int64_t events;        /* asked about */
    int64_t differing;     /* of them */
    struct tally *tallies; /* owned */
    json_t *shown; /* owned: [{"event": its number, "id", "accepted", "type", "action", "title",
                      "changes":
                      [{"change", "sink", "rule", "was"}]}] */
};

/* All borrowed. */
void comparison_init(struct comparison *comparison, const struct setup *setup,
    const struct edition *before, const struct edition *after, size_t most_shown);
void comparison_finish(struct comparison *comparison);

/* Asks both about an event; the story has its id. */
void comparison_add(struct comparison *comparison, struct story *story);

/* Adds what the other one saw of other events. Those that are shown stay in the order of their
 * numbers. */
void comparison_merge(struct comparison *comparison, const struct comparison *other);

/* [{"change": "more" | "less" | "differently", "sink", "rule", "was", "count"}], the most frequent
 * first. "rule" is the new rule that sends (null for less), "was" the old one (null for more);
 * where both are the same rule it words its message differently. A new list. */
json_t *comparison_counts(struct comparison *comparison);

#endif
