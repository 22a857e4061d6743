/* A delivery that was claimed and is not attempted yet: its event is being read, or its sink has no
 * place for it. */
#ifndef TOCSIN_FLOW_CLAIM_H
#define TOCSIN_FLOW_CLAIM_H

#include <sys/queue.h>

#include "store/journal.h"

struct outlet;
struct story;

struct claim {
    TAILQ_ENTRY(claim) link; /* the outlet's: in the order in which they were claimed */
    struct outlet *outlet;
    struct store_claimed claimed; /* its texts are copies */
    struct story *story;          /* NULL while it is read */
};

TAILQ_HEAD(claims, claim);

/* Copies what it is given; story may be NULL. */
struct claim *claim_create(
    struct outlet *outlet, const struct store_claimed *claimed, struct story *story);
void claim_destroy(struct claim *claim);

#endif
