/* ${...} in values: ${NAME} is the environment, ${NAME:-default}, ${file:PATH} (one trailing
 * newline cut; relative to the file that names it), ${cred:NAME} a systemd credential
 * ($CREDENTIALS_DIRECTORY/NAME), $${ a literal ${. Replaced after parsing, in values only, and
 * never parsed again. What a replacement brought is a secret candidate: it stays out of every
 * message. */
#ifndef TOCSIN_CONFIG_EXPAND_H
#define TOCSIN_CONFIG_EXPAND_H

#include <stdbool.h>

struct problems;
struct yaml;

/* Where ${NAME} is looked up; getenv() in the daemon, a table in tests. */
typedef const char *(*expand_lookup)(const char *name);

/* Replaces in every scalar value below the node. A variable that is not set, a file that cannot be
 * read, a form that is not known: a problem with its place each; false if there was any. */
bool expand_values(struct yaml *node, expand_lookup lookup, struct problems *problems);

#endif
