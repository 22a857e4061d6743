#include "store/hold.h"

#include <inttypes.h>

#include "store/database.h"

bool hold_check(struct database *db, const struct store_hold *hold, struct pool *pool,
    struct held *held, struct error *error)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_CLAIM, WITH(number(hold->delivery)));

    if (!statement_next(db, row))
        return error_set(
            error, "delivery %" PRId64 " is finished, or is not in the ledger", hold->delivery);
    if (!hold->claim || sqlite3_column_int64(row, 0) != hold->claim)
        return error_set(
            error, "delivery %" PRId64 ": claim %" PRId64 " is stale", hold->delivery, hold->claim);
    *held = (struct held){
        .attempts = sqlite3_column_int(row, 1),
        .sink = column_text(pool, row, 2),
        .thread = column_text(pool, row, 3),
    };
    return true;
}
