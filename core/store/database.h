/* A connection to a ledger: the writer's, one transaction at a time, with the marks, which are
 * counters and the last numbers given; or that of one who only reads (reader.h). Used by one
 * thread.
 */
#ifndef TOCSIN_STORE_DATABASE_H
#define TOCSIN_STORE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "store/queues.h"
#include "store/statement.h"

enum {
    LEDGER_ID_SIZE = 8, /* six hexadecimal digits and NUL */
};

/* One row of the ledger, written with each transaction that changed it. */
struct marks {
    int64_t event, delivery, object, claim; /* the last numbers given; they are never given again */
    int64_t expired;                        /* dedupe keys of events up to this one are gone */
    int64_t unrouted, waiting;              /* unfinished events and deliveries */
    int64_t dead;                           /* dead letters that are kept */
    int64_t delivered, skipped;             /* ever */
    int64_t clock;                          /* the steady clock at the last commit */
    int64_t suspect; /* the delivery that is claimed as one, 0: none; of this life, not stored */
};

struct database {
    char *path;
    sqlite3 *handle; /* NULL while closed */
    sqlite3_stmt *statements[SQL_COUNT];
    char ledger_id[LEDGER_ID_SIZE];
    bool was_unclean; /* as the file said when it was opened: its daemon did not close it */
    dev_t device;     /* which file it is, to notice when another took its place */
    ino_t inode;
    struct marks marks, committed;
    struct queues queues;
    int64_t pruned;    /* where this pass of pruning has come to: an event */
    bool has_pruned;   /* something, in this pass */
    bool prunes_dead;  /* dead letters too: nothing else is left to make room */
    int64_t buried;    /* how many a third loss made dead letters when it was opened */
    int64_t max_bytes; /* of what is in use; 0: no bound */
    bool is_oversize;  /* at the last commit */
    bool is_full;      /* oversize, and all that is left is unfinished */
    int wal_frames;    /* in the write-ahead log after the last commit */
    int fault;         /* SQLite's code for the first failure in this transaction, 0 if none */
    struct error why;
};

/* Opens the ledger, makes it first if `create`; marks are loaded. False with the reason, and closed
 * then. */
bool database_open(struct database *db, bool create, struct error *error);

/* Opens the ledger again after a failed write: what the file holds now is taken as the truth, after
 * it was written to the disk once more, since the kernel forgets what a failed fsync did not write.
 * Claims that nobody was told of are given back. No other connection of this process may be open.
 */
bool database_reopen(struct database *db, struct error *error);

/* NULL-safe towards the handle; keeps the path and the marks. */
void database_close(struct database *db);

/* Clears the last fault and begins a transaction that may write. */
bool database_begin(struct database *db);

/* False: nothing of the transaction was kept; fault and why tell the reason. */
bool database_commit(struct database *db);
void database_rollback(struct database *db);

/* A transaction that writes, to see whether that is possible. */
bool database_probe(struct database *db);

/* Records SQLite's present error, unless there is a fault already. Always false. */
bool database_blame(struct database *db, int code);
void database_forgive(struct database *db);

/* The environment's fault, not that of one statement. */
bool database_is_in_trouble(const struct database *db);

/* A fault after which the file must be opened anew. */
bool database_needs_reopen(const struct database *db);

/* What is in the write-ahead log goes into the file, as far as nobody is reading older pages. */
void database_checkpoint(struct database *db);

/* All of the log goes into the file, and the log is emptied, unless somebody is reading. SQLite
 * does that by itself only when no other connection is open. */
void database_empty_log(struct database *db);

#endif
