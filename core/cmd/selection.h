/* Which ones retry, skip and replay are to change: ids, or what they have in common. */
#ifndef TOCSIN_CMD_SELECTION_H
#define TOCSIN_CMD_SELECTION_H

#include <jansson.h>
#include <stdbool.h>

#include "cmd/command.h"
#include "store/journal.h"

struct session;

struct selection {
    const char *ids[STORE_STEP];
    int id_count;
    const char *sink, *hook, *type, *since, *until;
    bool dry_run;
};

/* What the API is sent; the caller's. NULL after telling what is wrong with the arguments. */
json_t *selection_body(const struct selection *selection, const struct command *command);

/* What people read of the answer. */
struct change_words {
    const char *thing; /* "delivery", "event" */
    const char *things;
    const char *will;  /* "will be sent again" */
    const char *would; /* "would be sent again" */
    const char *next;  /* what to do then */
};

/* Asks for the change, tells what came of it. EXIT_NO when nothing was meant, or something was
 * refused. */
int selection_change(struct session *session, const char *path, const json_t *body,
    const struct change_words *words);

#endif
