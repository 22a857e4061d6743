/* A thread's share of what the ledger has recorded, asked of two sets of rules. The shares of one
 * ledger have nothing in common but the configuration, which nobody changes: each has a reader, the
 * rules and a comparison of its own, so that there is nothing to be locked. A share reads beside a
 * daemon that may be at work, in short transactions that change nothing and hold up nobody. */
#ifndef TOCSIN_CMD_SHARE_H
#define TOCSIN_CMD_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/comparison.h"
#include "store/journal.h"

struct archive;
struct error;
struct problems;
struct setup;
struct yaml;

/* The numbers that the ledger's events have. */
struct span {
    store_id first, last; /* last 0: there are none */
};

/* Rules as they were read. */
struct rule_sources {
    const struct yaml *const *documents;
    size_t count;
};

/* What is asked. All of it is borrowed. */
struct question {
    const struct setup *setup;
    struct rule_sources before, after;
    int64_t since_ms, until_ms; /* of acceptance, wall clock, both included */
    size_t most_shown;
    struct span span;
    size_t shares; /* that the span is divided into */
};

/* False with the reason when the ledger cannot be read. */
bool span_read(struct archive *archive, struct span *span, struct error *error);

struct share;

/* Share `number` of them, from 0. NULL with the reason, or with the faults of the rules. */
struct share *share_create(
    const struct question *question, size_t number, struct problems *problems, struct error *error);
void share_destroy(struct share *share);

/* Told from time to time how far the share has come, 0..1. */
typedef void (*share_progress)(double part, void *arg);

/* Asks about all its events. progress may be NULL. False with the reason when it could not be read
 * on. */
bool share_run(struct share *share, share_progress progress, void *arg, struct error *error);

/* The same on a thread of its own; share_join() waits for its end. */
void share_start(struct share *share);
bool share_join(struct share *share, struct error *error);

struct comparison *share_comparison(struct share *share);

/* Events that were left out: not routed yet, or no events any more. */
int64_t share_not_routed(const struct share *share);
int64_t share_unreadable(const struct share *share);

#endif
