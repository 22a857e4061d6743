/* Dotted paths into JSON: `alert.urgency.current_value`, `custom_fields.0.slug`; `\.` is a dot in a
 * name, `\\` a back-slash. A number is an index in an array and a name in an object. */
#ifndef TOCSIN_EVENT_PATH_H
#define TOCSIN_EVENT_PATH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

struct path {
    char **parts; /* owned */
    size_t count; /* at least 1 */
    char *text;   /* owned: as written */
};

/* Refuses an empty path and empty parts. On error nothing needs finishing. */
bool path_init(struct path *path, const char *text, struct error *error);
void path_finish(struct path *path);

/* The value at the path, borrowed from root; NULL where there is none. JSON null is a value. */
json_t *path_get(const struct path *path, const json_t *root);

#endif
