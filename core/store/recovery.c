#include "store/recovery.h"

#include "base/log.h"
#include "store/database.h"

bool recovery_run(
    struct database *db, int64_t now_ms, const struct logger *logger, struct error *error)
{
    if (!database_begin(db))
        return error_set(error, "%s", error_text(&db->why));
    statement_run(db, SQL_RECOVER_DELIVERIES, WITH(number(now_ms)));
    int deliveries = statement_changes(db);
    statement_run(db, SQL_RECOVER_EVENTS, WITH_NOTHING);
    int events = statement_changes(db);
    statement_run(db, SQL_MARK_UNCLEAN, WITH(number(1)));
    if (!database_commit(db))
        return error_set(error, "%s", error_text(&db->why));
    if (db->was_unclean || deliveries || events)
        log_warn(logger,
            "the last daemon ended %s: %d deliveries are in doubt, %d events are routed again",
            db->was_unclean ? "uncleanly" : "with work in flight", deliveries, events);
    return true;
}

bool recovery_close(struct database *db)
{
    if (!database_begin(db))
        return false;
    statement_run(db, SQL_MARK_UNCLEAN, WITH(number(0)));
    return database_commit(db);
}
