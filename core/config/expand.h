/* ${...} in values: ${NAME} is the environment, ${NAME:-default} (the default also where NAME is
 * empty), ${file:PATH} (one trailing newline cut; relative to the file that names it), ${cred:NAME}
 * a systemd credential ($CREDENTIALS_DIRECTORY/NAME), $${ a literal ${. Replaced after parsing, in
 * values only, and never parsed again. What a replacement brought is a secret candidate: it stays
 * out of every message, which shows the node's `written` instead. */
#ifndef TOCSIN_CONFIG_EXPAND_H
#define TOCSIN_CONFIG_EXPAND_H

#include <stdbool.h>

struct problems;
struct yaml;

/* Where ${NAME} is looked up; getenv() in the daemon, a table in tests. */
typedef const char *(*expand_lookup)(const char *name);

/* Replaces in every scalar value below the node, once: a second call would parse what the first
 * brought. A variable that is not set and has no default, a file that cannot be read, a form that
 * is not known: a problem with its place each, and the node is marked faulty; false if there was
 * any. */
bool expand_values(struct yaml *node, expand_lookup lookup, struct problems *problems);

#endif
