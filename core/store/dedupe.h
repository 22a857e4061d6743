/* Which event came first with a key. The table holds hashes only, five times denser than keys, and
 * keys fall all over it: that halves what they cost (tests/bench/store_bench). The keys stand in
 * the events, where they are compared exactly. */
#ifndef TOCSIN_STORE_DEDUPE_H
#define TOCSIN_STORE_DEDUPE_H

#include <stdint.h>

struct database;

/* The event of this hook that has the key and whose window is open; 0 if there is none. */
int64_t dedupe_find(struct database *db, const char *hook, const char *key, int64_t now_ms);

void dedupe_keep(struct database *db, const char *hook, const char *key, int64_t event);
void dedupe_remove(struct database *db, const char *hook, const char *key, int64_t event);

#endif
