/* The heads of a sink that are due, taken to be attempted. The claim is the durable word that an
 * attempt may follow: what has one and no outcome after a crash may have been sent. */
#include "store/operations.h"

#include "store/database.h"
#include "store/list.h"
#include "store/request.h"

enum {
    most = 100000, /* at once; whoever asks for more gets `more` */
};

struct claiming {
    struct request base;
    const char *sink;
    size_t max;
    int64_t now_ms;
    store_id suspect;    /* the one that is claimed, here or before; 0: none */
    struct list claimed; /* of struct store_claimed */
    struct store_rest rest;
    store_claim_done done;
};

static struct store_claimed read_head(struct pool *pool, sqlite3_stmt *row, int level)
{
    return (struct store_claimed){
        .delivery = sqlite3_column_int64(row, 0),
        .event = sqlite3_column_int64(row, 1),
        .level = level,
        .attempt = sqlite3_column_int(row, 2) + 1,
        .losses = sqlite3_column_int(row, 3),
        .in_doubt = sqlite3_column_int(row, 4),
        .created_ms = sqlite3_column_int64(row, 5),
        .thread = column_text(pool, row, 6),
        .rule = column_text(pool, row, 7),
        .resume = column_text(pool, row, 8),
        .moved = sqlite3_column_int(row, 9),
    };
}

/* Suspects go one at a time: of those that the daemon's unclean ends had in common only the guilty
 * one is left alone with its third. */
static bool is_held_back(struct claiming *claiming, const struct store_claimed *head)
{
    if (head->losses < STORE_SUSPECT_LOSSES)
        return false;
    if (claiming->suspect)
        claiming->rest.is_held_back = true;
    else
        claiming->suspect = head->delivery;
    return claiming->suspect != head->delivery;
}

/* One row more than asked for is looked at, to know whether more is due. */
static void find_due(struct claiming *claiming, struct database *db, int level)
{
    auto_reset sqlite3_stmt *row = statement_query(
        db, SQL_FIND_DUE, WITH(text(claiming->sink), number(level), number(claiming->now_ms)));

    while (statement_next(db, row)) {
        if (claiming->claimed.count == claiming->max) {
            claiming->rest.more = true;
            return;
        }
        struct store_claimed head = read_head(&claiming->base.pool, row, level);
        if (!is_held_back(claiming, &head))
            *(struct store_claimed *)list_add(
                &claiming->claimed, &claiming->base.pool, sizeof head) = head;
    }
}

static void find_next_due(struct claiming *claiming, struct database *db, int level)
{
    auto_reset sqlite3_stmt *row = statement_query(
        db, SQL_FIND_NEXT_DUE, WITH(text(claiming->sink), number(level), number(claiming->now_ms)));

    if (!statement_next(db, row))
        return;
    int64_t due_ms = sqlite3_column_int64(row, 0);
    if (!claiming->rest.next_due_ms || due_ms < claiming->rest.next_due_ms)
        claiming->rest.next_due_ms = due_ms;
}

static const char *find_receipt(struct claiming *claiming, struct database *db, const char *thread)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_RECEIPT, WITH(text(claiming->sink), text(thread)));

    return statement_next(db, row) ? column_text(&claiming->base.pool, row, 0) : NULL;
}

/* What a commit that failed did all the same (database_reopen) may have ended its claim unnoticed.
 */
static store_id find_suspect(struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_STATE, WITH(number(db->marks.suspect)));
    bool is_claimed = statement_next(db, row) && sqlite3_column_int(row, 0) == STORE_CLAIMED;

    return is_claimed ? db->marks.suspect : 0;
}

/* Level by level, because only so the index gives the order: what is due among many that are not,
 * without looking at those. */
static void run(struct request *request, struct database *db)
{
    struct claiming *claiming = (struct claiming *)request;

    claiming->claimed = (struct list){0};
    claiming->rest = (struct store_rest){0};
    claiming->suspect = db->marks.suspect ? find_suspect(db) : 0;
    for (int level = STORE_HIGHEST_LEVEL; level >= 0 && !claiming->rest.more; level--)
        find_due(claiming, db, level);
    for (int level = 0; level <= STORE_HIGHEST_LEVEL; level++)
        find_next_due(claiming, db, level);
    struct store_claimed *claimed = claiming->claimed.items;
    for (size_t i = 0; i < claiming->claimed.count; i++) {
        claimed[i].claim = ++db->marks.claim;
        claimed[i].first_receipt = find_receipt(claiming, db, claimed[i].thread);
        statement_run(
            db, SQL_CLAIM_DELIVERY, WITH(number(claimed[i].delivery), number(claimed[i].claim)));
    }
    db->marks.suspect = claiming->suspect;
}

static void answer(const struct request *request)
{
    static const struct store_rest nothing = {0};
    const struct claiming *claiming = (const struct claiming *)request;

    if (request->error.text)
        claiming->done(&request->error, NULL, 0, &nothing, request->arg);
    else
        claiming->done(&request->error, claiming->claimed.items, claiming->claimed.count,
            &claiming->rest, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_CLAIM_BEFORE_COMMIT};

struct request *claim_request(
    const char *sink, size_t max, int64_t now_ms, store_claim_done done, void *arg)
{
    struct claiming *claiming = request_create(sizeof *claiming, &operation, arg);

    claiming->sink = pool_text_or_empty(&claiming->base.pool, sink);
    claiming->max = max < most ? max : most;
    claiming->now_ms = now_ms;
    claiming->done = done;
    return &claiming->base;
}
