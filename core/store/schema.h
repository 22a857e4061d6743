/* The tables of a ledger. */
#ifndef TOCSIN_STORE_SCHEMA_H
#define TOCSIN_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

struct error;

/* Whether the file is a ledger that we know: false with the reason for a newer one, and for what is
 * none. *version: of its tables; 0 when there is nothing in it yet. */
bool schema_check(sqlite3 *handle, int *version, struct error *error);

/* For who only reads: an older one, and an empty file, are refused too. */
bool schema_check_current(sqlite3 *handle, struct error *error);

/* Makes the tables, in a transaction. id: the ledger's, six hexadecimal digits. */
bool schema_create(sqlite3 *handle, const char *id, struct error *error);

/* Brings the tables of an older version to this one, in a transaction. */
bool schema_upgrade(sqlite3 *handle, int version, struct error *error);

#endif
