/* A delivery that people may still do something about: one that waits, or a dead letter; and how a
 * step walks them (journal.h, store_pick). */
#ifndef TOCSIN_STORE_RECORD_H
#define TOCSIN_STORE_RECORD_H

#include <stdbool.h>

#include "store/journal.h"
#include "store/list.h"

struct database;
struct pool;

struct record {
    store_id delivery, event;
    enum store_state state; /* finished: a dead letter */
    int64_t time_ms;        /* made (steady clock), or ended (wall clock) */
    bool in_doubt, moved;
    int level;
    const char *sink, *thread, *rule;
    const char *resume, *reason; /* NULL where there is none */
    const char *refused;         /* meant by its id, and is none of the kind: why; else NULL */
};

enum record_kinds {
    RECORDS_WAITING = 1,
    RECORDS_DEAD = 2,
    RECORDS_BOTH = 3,
    RECORDS_UNFINISHED = 4, /* in a walk: what waits, and what is claimed */
};

/* One step of a walk. */
struct walk {
    struct database *db;
    struct pool *pool;
    const struct store_pick *pick;
    enum record_kinds kinds;
    struct list records; /* of struct record, where none is meant by its id */
    size_t next;
    store_id last; /* where the next step begins */
    bool more;
};

/* The records of the pick's next step; for a pick by ids one for each, maybe refused. */
struct walk record_walk(
    struct database *db, struct pool *pool, const struct store_pick *pick, enum record_kinds kinds);

/* The next of them as it is now: an id may be given twice, and the first time changed it. False at
 * the end. */
bool record_next(struct walk *walk, struct record *record);

/* Copies what a caller gave. */
struct store_pick record_copy_pick(struct pool *pool, const struct store_pick *pick);

#endif
