/* What the last daemon left behind. */
#ifndef TOCSIN_STORE_RECOVERY_H
#define TOCSIN_STORE_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

struct database;
struct error;
struct logger;

/* Every claim without an outcome is lost: its delivery may have arrived, and is due again, or is a
 * dead letter after the third loss. The ledger is marked as open until recovery_close(). */
bool recovery_run(
    struct database *db, int64_t now_ms, const struct logger *logger, struct error *error);

/* False when the mark could not be taken away. */
bool recovery_close(struct database *db);

#endif
