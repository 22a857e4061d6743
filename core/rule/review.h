/* What a match says that is legal and surely not meant: a path that no known event has, a value in
 * other letters than Sekoia writes, a tenant asked of what must be looked up first. */
#ifndef TOCSIN_RULE_REVIEW_H
#define TOCSIN_RULE_REVIEW_H

#include <stddef.h>

#include "config/problems.h"

struct path;
struct yaml;

struct review {
    struct problems *problems;
    /* The names that the configuration's own look-ups attach, borrowed: what is in them is not
     * known here. */
    const char *const *looked_up;
    size_t looked_up_count;
    const struct yaml *hooks; /* a map whose keys are their names; NULL where they are not known */
};

/* Warns of what is found in the matches of a rules file. What is wrong with its form is left to
 * ruleset_compile(). */
void review_rules(const struct review *review, const struct yaml *document);

/* Warns of a path in a template that no event has. */
void review_mention(const struct review *review, const struct path *path, struct place place);

#endif
