/* The tables of a ledger. */
#ifndef TOCSIN_STORE_SCHEMA_H
#define TOCSIN_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

struct error;

/* Whether the file is a ledger that we know: false with the reason for a newer one, and for what is
 * none. *is_empty: there is nothing in it yet. */
bool schema_check(sqlite3 *handle, bool *is_empty, struct error *error);

/* Makes the tables, in a transaction. id: the ledger's, six hexadecimal digits. */
bool schema_create(sqlite3 *handle, const char *id, struct error *error);

#endif
