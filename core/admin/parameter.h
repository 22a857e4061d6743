/* What a request says beside its path, in a query or a JSON object, read by a table. What is
 * misspelt is refused: a `dryrun` that is overlooked would do what it was to prevent. */
#ifndef TOCSIN_ADMIN_PARAMETER_H
#define TOCSIN_ADMIN_PARAMETER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/journal.h"

struct error;

struct id_list {
    store_id items[STORE_STEP];
    size_t count;
};

enum parameter_kind {
    PARAMETER_TEXT,          /* const char *, borrowed from what was given */
    PARAMETER_BOOL,          /* bool */
    PARAMETER_COUNT,         /* size_t */
    PARAMETER_MOMENT,        /* int64_t: milliseconds, wall clock */
    PARAMETER_DURATION,      /* int64_t: milliseconds */
    PARAMETER_EVENT,         /* int64_t: its number */
    PARAMETER_DELIVERY,      /* the same */
    PARAMETER_NOTIFICATION,  /* the same */
    PARAMETER_EVENTS,        /* struct id_list */
    PARAMETER_DELIVERIES,    /* the same */
    PARAMETER_NOTIFICATIONS, /* the same */
};

struct parameter {
    const char *name;
    enum parameter_kind kind;
    void *target; /* left alone where the parameter is not given, or null */
};

/* What values are read by. */
struct parameter_context {
    const char *ledger; /* ids are of this one */
    int64_t now_ms;     /* wall clock */
};

/* False with what is wrong. */
bool parameters_read(const json_t *given, const struct parameter *table, size_t count,
    const struct parameter_context *context, struct error *error);

/* The query of a URI as an object of texts, which the caller releases; of a name that comes twice
 * the last one counts. NULL where it is none. */
json_t *parameters_of_query(const char *uri);

#endif
