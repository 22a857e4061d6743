/* The ledger in one SQLite file: WAL, synchronous=FULL, one writer thread, a transaction for all
 * that waits. The files are 0600. */
#ifndef TOCSIN_STORE_SQLITE_H
#define TOCSIN_STORE_SQLITE_H

#include <stdint.h>

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

/* Reads one event's whole story as JSON text (the caller frees it), from any process, read-only:
 * body, objects, trace, each delivery with its state and attempts. id is the number. NULL with the
 * reason. */
char *sqlite_read_event(const char *path, int64_t id, struct error *error);

#endif
