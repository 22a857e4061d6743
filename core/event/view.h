/* What rules and templates see: one JSON object with the common names of every source, built once
 * an event from the posted document and what was looked up. Pure: time does not enter.
 *
 * Names: type action id time thread hook changed title text level urgency entity status source
 * target link facts; attributes and metadata as posted; alert comment case proposal (or the name a
 * look-up was given) as looked up; body. `rule` is set while a rule is tried and a message is made.
 * Precedence: attributes.updated.*, then the looked-up object, then rich attributes.*.
 * A name whose source is a look-up that failed is unknown, not absent; so are the facts, of which
 * some may be missing. */
#ifndef TOCSIN_EVENT_VIEW_H
#define TOCSIN_EVENT_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct facts;
struct path;

/* An object that was looked up for an event. */
struct enrichment {
    const char *name; /* borrowed: "alert" */
    json_t
        *object; /* borrowed; NULL when the look-up failed: then all that hangs on it is unknown */
};

/* The lowest urgency of each level; below low it is info. */
struct levels {
    int urgent, high, medium, low;
};

/* What a view needs besides the event. All borrowed for the call only. */
struct view_context {
    const char *event_id; /* "" before it has one */
    const char *hook;
    const char
        *app_url; /* the web application's base for links, no trailing slash; NULL: no links */
    int64_t accepted_ms; /* the time of an event that does not say its own */
    struct levels levels;
};

enum view_level {
    LEVEL_INFO,
    LEVEL_LOW,
    LEVEL_MEDIUM,
    LEVEL_HIGH,
    LEVEL_URGENT
};

struct view {
    json_t *root;          /* the names, owned; `facts` once it was asked for */
    struct facts *facts;   /* owned */
    json_t *unknown;       /* the names that are unknown, as an object's keys, owned */
    bool not_enriched;     /* a look-up failed */
    char *missing;         /* the name of the first one that did, owned; NULL where none did */
    enum view_level level; /* urgent..info by urgency, else by priority (critical high medium low),
                              else info; medium where urgency is unknown */
    int urgency;           /* 0..100, -1 where there is none */
    int64_t time_ms;
};

struct view *view_create(const struct event *event, const struct enrichment *enrichments,
    size_t count, const struct view_context *context);
void view_destroy(struct view *view);

/* Sets the name `rule`, which every path may use from then on. */
void view_set_rule(struct view *view, const char *rule);

/* Makes the name `facts`, for who looks at the root: a path that asks for it does so by itself. */
void view_show_facts(const struct view *view);

/* The value at the path, borrowed; NULL where there is none. *unknown tells whether it may be
 * another only because a look-up failed. */
json_t *view_get(const struct view *view, const struct path *path, bool *unknown);

/* "urgent", ... for a level; and back, false for another word (Sekoia's own `major`, `moderate` are
 * not levels). */
const char *level_name(enum view_level level);
bool level_parse(const char *name, enum view_level *level);

#endif
