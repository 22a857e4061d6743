/* What Sekoia's objects are known to hold (its OpenAPI documents "SIC Alert API" and "Intelligence
 * Center API", and the events that its own integrations are tested with): enough to tell a slip of
 * the finger in a path. Its objects grow, so what is not known here is no error. */
#ifndef TOCSIN_EVENT_OBJECTS_H
#define TOCSIN_EVENT_OBJECTS_H

#include <stdbool.h>

struct path;

enum sighting {
    SIGHTED,             /* known, or inside of what may hold anything */
    SIGHTED_NOWHERE,     /* no name like this is known there */
    SIGHTED_INSIDE_TEXT, /* what stands before is a plain value and has no parts */
    SIGHTED_INSIDE_LIST  /* what stands before is a list; its elements are meant */
};

/* Looks for a path whose first part is one of alert, comment, case, proposal, attributes, metadata,
 * changed, facts; SIGHTED for every other. Where it is not sighted, *where is the part of the path
 * that is known ("alert.urgency") and *meant the whole path that was likely meant, NULL where none
 * is near; both are the caller's to free. */
enum sighting objects_look(const struct path *path, char **where, char **meant);

#endif
