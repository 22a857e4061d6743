/* Where the common names come from: for each name, and each kind of event, the members that may
 * hold it, in order of precedence. One table, so that what a rule sees, what a message shows and
 * what is unknown can never disagree. */
#ifndef TOCSIN_EVENT_NAMES_H
#define TOCSIN_EVENT_NAMES_H

#include <jansson.h>
#include <stdbool.h>

#include "event/value.h"
#include "event/view.h"

/* Kinds of events, as bits. */
enum family {
    FAMILY_ALERT = 1,
    FAMILY_COMMENT = 2, /* on an alert: what is looked up is the alert */
    FAMILY_CASE = 4,
    FAMILY_PROPOSAL = 8,
    FAMILY_OTHER = 16
};

/* Those from NAME_SHORT_ID on are no common names: they serve facts and links only. */
enum name {
    NAME_TITLE,
    NAME_TEXT,
    NAME_STATUS,
    NAME_URGENCY,
    NAME_PRIORITY,
    NAME_ENTITY,
    NAME_SOURCE,
    NAME_TARGET,
    NAME_SHORT_ID,
    NAME_CATEGORY,
    NAME_KIND,
    NAME_RULE_NAME,
    NAME_OCCURRENCES,
    NAME_FIRST_SEEN,
    NAME_ALERTS,
    NAME_TLP,
};

/* What the names of one event are read from. All borrowed. */
struct names {
    enum family family;
    const json_t *document; /* the posted document, borrowed */
    const json_t *posted;   /* attributes */
    const json_t *object;   /* as looked up; NULL where it was not, or in vain */
    bool is_missing;        /* the look-up failed */
};

enum family family_of(const char *type);

/* The name under which the object of this kind is looked up ("alert"); NULL for FAMILY_OTHER, whose
 * look-ups are named by the configuration. */
const char *family_object(enum family family);

/* The first source that holds a text which is not blank; borrowed, or written into scratch. */
const char *names_text(const struct names *names, enum name name, char scratch[VALUE_TEXT_SIZE]);

/* The first source that holds a number. */
bool names_number(const struct names *names, enum name name, double *number);

/* The level of the first priority that is one: low, medium, high, critical (urgent). */
bool names_priority(const struct names *names, enum view_level *level);

/* For a name that nothing gives: whether the object that could not be looked up may hold it. */
bool names_is_unknown(const struct names *names, enum name name);

#endif
