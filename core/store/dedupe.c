#include "store/dedupe.h"

#include "store/database.h"

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. Part of the file's format. */
static uint64_t hash_on(uint64_t hash, const char *words)
{
    /* The NUL too: it divides the hook from the key. */
    do
        hash = (hash ^ (unsigned char)*words) * UINT64_C(0x100000001b3);
    while (*words++);
    return hash;
}

static struct value hash_of(const char *hook, const char *key)
{
    uint64_t hash = hash_on(hash_on(UINT64_C(0xcbf29ce484222325), hook), key);

    return number((int64_t)hash);
}

int64_t dedupe_find(struct database *db, const char *hook, const char *key, int64_t now_ms)
{
    auto_reset sqlite3_stmt *row = statement_query(
        db, SQL_FIND_DEDUPE, WITH(hash_of(hook, key), text(key), text(hook), number(now_ms)));

    return statement_next(db, row) ? sqlite3_column_int64(row, 0) : 0;
}

void dedupe_keep(struct database *db, const char *hook, const char *key, int64_t event)
{
    statement_run(db, SQL_KEEP_DEDUPE, WITH(hash_of(hook, key), number(event)));
}

void dedupe_remove(struct database *db, const char *hook, const char *key, int64_t event)
{
    statement_run(db, SQL_REMOVE_DEDUPE, WITH(hash_of(hook, key), number(event)));
}
