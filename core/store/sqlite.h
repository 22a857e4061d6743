/* The ledger in one SQLite file: WAL, synchronous=FULL, one writer thread, a transaction for all
 * that waits. The files are 0600. */
#ifndef TOCSIN_STORE_SQLITE_H
#define TOCSIN_STORE_SQLITE_H

#include <stdint.h>

struct archive;
struct error;
struct event_base;
struct journal;
struct logger;

/* Opens or makes the ledger and starts its threads; done callbacks run on the base. What was
 * claimed without an outcome when the last daemon ended uncleanly is in doubt, and due again. NULL
 * with the reason: a ledger of a newer version, a file that is none, one that another daemon holds
 * (error names its pid). max_bytes bounds what the file holds, 0: nothing does; where unfinished
 * records alone reach it, nothing is accepted. */
struct journal *sqlite_journal_open(const char *path, int64_t max_bytes, struct event_base *base,
    const struct logger *logger, struct error *error);

/* Opens a ledger to read it (archive.h), beside a daemon or alone, also where nothing can be
 * written. NULL with the reason: it is missing, no ledger, or of another version than this. */
struct archive *sqlite_archive_open(const char *path, struct error *error);

#endif
