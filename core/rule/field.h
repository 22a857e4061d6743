/* Fields that rules and templates name: a wrong one is no error of form, it would only never match.
 */
#ifndef TOCSIN_RULE_FIELD_H
#define TOCSIN_RULE_FIELD_H

#include <stdbool.h>

#include "config/problems.h"

struct path;

/* Whether every event may have the name, and the nearest such name to one that is none; NULL where
 * none is near. */
bool field_is_name(const char *name);
const char *field_nearest(const char *name);

/* Whether field_check() has something to say of the path. */
bool field_is_told(const struct path *path);

/* Whether the path is a name that is a text or a number wherever it is there at all, never a list,
 * and the same for all rules. */
bool field_is_single(const struct path *path);

/* Reports a path that can have no value, and the name that was likely meant: one inside a name that
 * is a plain value (`status.name`), or a slip of the finger. A look-up may add names of its own, so
 * a name that resembles none passes. */
void field_check(const struct path *path, struct place place, struct problems *problems);

/* The same of a name that a template mentions. A section over a name that resembles one may be over
 * what a look-up brought, so of that it only warns. */
void field_check_mention(
    const struct path *path, bool is_section, struct place place, struct problems *problems);

/* A name that every source has, and that holds one value without parts. */
bool field_is_plain(const char *name);

#endif
