#include "store/record.h"

#include <string.h>

#include "store/database.h"
#include "store/pool.h"

static struct record record_read(struct pool *pool, sqlite3_stmt *row)
{
    return (struct record){
        .delivery = sqlite3_column_int64(row, 0),
        .state = (enum store_state)sqlite3_column_int(row, 1),
        .event = sqlite3_column_int64(row, 2),
        .time_ms = sqlite3_column_int64(row, 3),
        .in_doubt = sqlite3_column_int(row, 4),
        .level = sqlite3_column_int(row, 5),
        .moved = sqlite3_column_int(row, 6),
        .sink = column_text(pool, row, 7),
        .thread = column_text(pool, row, 8),
        .rule = column_text(pool, row, 9),
        .resume = column_text(pool, row, 10),
        .reason = column_text(pool, row, 11),
    };
}

static bool find(struct database *db, struct pool *pool, enum statement which, store_id id,
    struct record *record)
{
    auto_reset sqlite3_stmt *row = statement_query(db, which, WITH(number(id)));

    if (!statement_next(db, row))
        return false;
    *record = record_read(pool, row);
    return true;
}

static const char *describe_outcome(struct database *db, store_id id)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_FIND_OUTCOME, WITH(number(id)));

    if (!statement_next(db, row))
        return "is not in the ledger";
    switch ((enum store_result)sqlite3_column_int(row, 0)) {
    case STORE_DELIVERED:
        return "was delivered";
    case STORE_SKIPPED:
        return "was skipped";
    case STORE_DEAD:
        return "is a dead letter";
    case STORE_RETRY:
        break;
    }
    return "is finished";
}

static struct record find_by_id(
    struct database *db, struct pool *pool, store_id id, enum record_kinds kinds)
{
    struct record record = {.delivery = id};

    if (find(db, pool, SQL_FIND_WAITING, id, &record)) {
        if (record.state == STORE_CLAIMED)
            record.refused = "is being attempted now";
        else if (!(kinds & RECORDS_WAITING))
            record.refused = "still waits, and is tried by itself";
    } else if (!(kinds & RECORDS_DEAD) || !find(db, pool, SQL_FIND_DEAD, id, &record)) {
        record.refused = describe_outcome(db, id);
    }
    return record;
}

/* Looks at the row itself: a walk goes through many more than it means. */
static bool is_meant(const struct store_pick *pick, enum record_kinds kinds, sqlite3_stmt *row)
{
    int64_t time_ms = sqlite3_column_int64(row, 3);

    return (sqlite3_column_int(row, 1) != STORE_CLAIMED || kinds == RECORDS_UNFINISHED) &&
           time_ms >= pick->since_ms && (!pick->until_ms || time_ms <= pick->until_ms) &&
           (!pick->sink || strcmp(pick->sink, (const char *)sqlite3_column_text(row, 7)) == 0);
}

struct walk record_walk(
    struct database *db, struct pool *pool, const struct store_pick *pick, enum record_kinds kinds)
{
    static const enum statement by_kinds[] = {[RECORDS_WAITING] = SQL_WALK_WAITING,
        [RECORDS_DEAD] = SQL_WALK_DEAD,
        [RECORDS_BOTH] = SQL_WALK_BOTH,
        [RECORDS_UNFINISHED] = SQL_WALK_WAITING};
    struct walk walk = {.db = db, .pool = pool, .pick = pick, .kinds = kinds};
    int seen = 0;

    if (pick->id_count)
        return walk;
    walk.last = pick->after;
    auto_reset sqlite3_stmt *row =
        statement_query(db, by_kinds[kinds], WITH(number(pick->after), number(STORE_STEP)));
    for (; statement_next(db, row); seen++) {
        walk.last = sqlite3_column_int64(row, 0);
        if (is_meant(pick, kinds, row))
            *(struct record *)list_add(&walk.records, pool, sizeof(struct record)) =
                record_read(pool, row);
    }
    walk.more = seen == STORE_STEP;
    return walk;
}

bool record_next(struct walk *walk, struct record *record)
{
    const struct record *records = walk->records.items;
    size_t i = walk->next++;

    if (i >= (walk->pick->id_count ? walk->pick->id_count : walk->records.count))
        return false;
    *record = walk->pick->id_count
                  ? find_by_id(walk->db, walk->pool, walk->pick->ids[i], walk->kinds)
                  : records[i];
    return true;
}

struct store_pick record_copy_pick(struct pool *pool, const struct store_pick *pick)
{
    struct store_pick copy = *pick;

    copy.sink = pool_text(pool, pick->sink);
    copy.ids = pool_copy(pool, pick->ids, pick->id_count * sizeof *pick->ids);
    return copy;
}
