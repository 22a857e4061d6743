/* A ledger in memory: journal.h and archive.h as plainly as they can be said, in lists that are
 * walked from end to end. It is the specification that SQLite's engine is held against
 * (test_model.c), and passes the same contract suite. It has no size, and its disk never fails. */
#ifndef TOCSIN_TESTS_STORE_MEMORY_H
#define TOCSIN_TESTS_STORE_MEMORY_H

#include <stdint.h>

struct archive;
struct event_base;
struct journal;
struct memory;

/* What a file is to the other engine: it outlives the journals that are opened on it. */
struct memory *memory_create(void);
void memory_destroy(struct memory *memory);

/* One journal at a time. What was claimed without an outcome is in doubt, and due again. */
struct journal *memory_journal_open(struct memory *memory, struct event_base *base);

/* The daemon ends without closing it. Nobody is answered any more. */
void memory_journal_die(struct journal *journal);

/* May be open beside the journal; does not outlive the memory. */
struct archive *memory_archive_open(struct memory *memory);

#endif
