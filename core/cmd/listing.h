/* A list that the API gives in pages, read until there is enough of it. */
#ifndef TOCSIN_CMD_LISTING_H
#define TOCSIN_CMD_LISTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"

struct session;

struct listing {
    json_t *items; /* owned */
    bool more;     /* there are others */
};

/* "50" and the like; NULL leaves *limit as it is. Else tells what is wrong. */
bool listing_read_limit(const struct command *command, const char *value, size_t *limit);

/* uri has no `limit` and no `before`; name: the member that holds the items. */
int listing_read(struct session *session, const char *uri, const char *name, size_t limit,
    struct listing *listing);
void listing_finish(struct listing *listing);

/* For --json: as the API would say it in one page. */
void listing_print(const struct listing *listing, const char *name);

#endif
