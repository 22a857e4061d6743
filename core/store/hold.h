/* Whether a claim still counts. */
#ifndef TOCSIN_STORE_HOLD_H
#define TOCSIN_STORE_HOLD_H

#include <stdbool.h>

#include "store/journal.h"

struct database;
struct pool;

/* What the queue knows of a delivery that is claimed. */
struct held {
    int attempts; /* begun, this one too */
    const char *sink, *thread;
};

/* False with the reason if the claim is stale; also when there is a fault. */
bool hold_check(struct database *db, const struct store_hold *hold, struct pool *pool,
    struct held *held, struct error *error);

#endif
