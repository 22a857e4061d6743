/* One thing that happened: a posted document, its type and action, and what it belongs to.
 * Shapes: docs/events.md; Sekoia's version 2, and version 1 brought to the same shape. */
#ifndef TOCSIN_EVENT_EVENT_H
#define TOCSIN_EVENT_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct event {
    char *type;   /* "alert", never empty */
    char *action; /* "created"; "" when the sender gave none */
    char *thread; /* "alert:<uuid>": what belongs together for a reader; "" is nothing. A comment
                     belongs to its alert. */
    char *dedupe; /* the same for the same event posted again; NULL when that cannot be told. From
                     metadata.uuid, else type, action, attributes and metadata.created_at (as is the
                     documented `metadata.created`); NULL when none of the ids or times is there. */
    int64_t time_ms;    /* when it happened, by its own account; -1 when it does not say */
    json_t *body;       /* the document as posted, an object */
    json_t *attributes; /* its attributes in version 2's shape; an object, empty when it had none */
    json_t *metadata;   /* likewise */
};

/* Reads any JSON object with a string `type` (version 1: `event_type`), whatever else is odd in it.
 * Version 1: attributes.event ("alert-created", "alert-updated", "alert-status-changed",
 * "alert-comment-created") gives type and action; attributes gain `uuid` (alerts) and, where the
 * status changed, an `updated` object with an unknown status; metadata gains version, uuid,
 * created_at, community_uuid. Returns a new event, or NULL with the reason a sender should read. */
struct event *event_parse(const char *bytes, size_t len, struct error *error);

/* The event and what was looked up, as plugins get it: {"id", "hook", "type", "action", "body",
 * "objects": {"alert": {...}}}. Takes the body and the objects over; the caller frees. */
char *event_export(
    const struct event *event, const char *id, const char *hook, json_t *body, json_t *objects);

void event_destroy(struct event *event);

/* Whether its object is gone: nobody can be asked about it any more. */
bool event_is_deleted(const struct event *event);

#endif
