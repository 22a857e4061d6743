/* The ledger of the bare way: SQLite in a thread of its own, one commit for all that waits. */
#ifndef TOCSIN_BENCH_BARE_LEDGER_H
#define TOCSIN_BENCH_BARE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/mailbox.h"

struct event_base;
struct ledger;

enum entry_kind {
    ENTRY_EVENT,   /* as it was posted */
    ENTRY_CLAIMS,  /* of all sinks: it is going to be sent */
    ENTRY_OUTCOME, /* of one sink */
};

/* Embedded in what it is about; the ledger's from ledger_keep() until it is kept. */
struct entry {
    struct letter letter; /* first */
    struct entry *next;   /* of the same commit */
    enum entry_kind kind;
    int64_t event;
    const char *body; /* of an event */
    size_t body_len;
    size_t sink; /* of an outcome, from 1 on; of claims: the last one */
    long status; /* of an outcome */
};

typedef void (*ledger_kept)(struct entry *entry, void *arg);

/* In a file that is not there yet. Ends the program at any fault. */
struct ledger *ledger_create(
    const char *path, struct event_base *base, ledger_kept kept, void *arg);

/* kept() is called on the loop when it is on the disk. */
void ledger_keep(struct ledger *ledger, struct entry *entry);

#endif
