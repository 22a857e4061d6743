/* What Mattermost says when it takes no message: an error with an id, and a status. */
#ifndef TOCSIN_PLUGINS_MATTERMOST_REFUSAL_H
#define TOCSIN_PLUGINS_MATTERMOST_REFUSAL_H

#include <stdint.h>

/* Since 10.4 the server wraps nearly every cause into `general` and keeps its status: with 400 that
 * is a deleted webhook, an unknown user, or an empty message. The messages made here are never
 * empty or of a wrong type (which would be `decode`), so `general` speaks of the webhook: holding
 * the sink and telling the operator beats a dead letter for each event until somebody looks. */
struct refusal {
    const char *id;
    uint32_t status; /* 0: any */
    uint32_t result; /* TOCSIN_AGAIN: it may take less of it */
    const char *hint;
};

/* NULL: nothing is known of an error with that id and status. */
const struct refusal *refusal_find(const char *id, uint32_t status);

#endif
