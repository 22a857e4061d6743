/* An event as the ledger keeps it, with what was looked up for it. */
#ifndef TOCSIN_STORE_LOADED_H
#define TOCSIN_STORE_LOADED_H

#include <stdbool.h>

#include "store/journal.h"

struct database;
struct pool;

/* False when it is not there, or there is a fault. All of it lives in the pool. */
bool loaded_read(
    struct database *db, struct pool *pool, store_id event, struct store_loaded *loaded);

#endif
