/* Texts that templates share, by name: `partials:` of the rules files. */
#ifndef TOCSIN_RULE_PARTIAL_H
#define TOCSIN_RULE_PARTIAL_H

#include <stddef.h>

#include "rule/phrasing.h"

struct problems;
struct yaml;

struct rule_partial {
    char *name;
    char *file;         /* owned: in which it stands, a rules file or one of its own */
    struct place place; /* of the name */
    struct draft draft;
};

/* A zeroed struct is none. */
struct rule_partials {
    struct rule_partial *items; /* owned, in the order of the files */
    size_t count;
};

/* Adds those of one rules file, a map of names to texts (config/partial_folder.h makes one of a
 * folder). A name that is there already is a problem that names both places. */
void rule_partials_read(
    struct rule_partials *partials, const struct yaml *map, struct problems *problems);
void rule_partials_finish(struct rule_partials *partials);

#endif
