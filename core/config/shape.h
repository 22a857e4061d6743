/* The shape of a configuration as JSON schema (draft 2020-12, json-schema.org), for editors: made
 * from the option tables, so that it cannot say otherwise than they do. What is returned is the
 * caller's to release.
 *
 * Editors read YAML by its own rules, so a text may come as a number or a flag (`channel: 08`,
 * `tls: true`), and every value may be a text with ${...} in it, of which nothing is known before
 * it is replaced. */
#ifndef TOCSIN_CONFIG_SHAPE_H
#define TOCSIN_CONFIG_SHAPE_H

#include <jansson.h>
#include <stdbool.h>

/* The pattern of a URL for HTTP. */
#define SHAPE_HTTP "^[Hh][Tt][Tt][Pp][Ss]?://"

struct option_table;
struct tocsin_option;

/* A map without keys: no other may stand in it. */
json_t *shape_map(void);

/* Adds a key to such a map. The value is taken. */
void shape_set(json_t *map, const char *key, json_t *value, bool is_required);

/* The value of one option, and a map of all of a table's. */
json_t *shape_of_option(const struct tocsin_option *option);
void shape_add_options(json_t *map, const struct option_table *table);

/* A map from names that the user chooses to values of one shape, which is taken. */
json_t *shape_of_names(json_t *each, const char *description);

/* A value that may be missing altogether: nothing is as good as an empty map. The shape is changed
 * and returned. */
json_t *shape_or_nothing(json_t *map);

/* Adds a help text. The shape is changed and returned. */
json_t *shape_described(json_t *shape, const char *description);

/* Narrows a text that is a key of a map: it fits the pattern, or is replaced. */
void shape_narrow(json_t *map, const char *key, const char *pattern);

/* A reference to one of the definitions below. */
json_t *shape_reference(const char *definition);

/* `$defs`: what the shapes refer to; and of those only `text` and `text-or-empty`, to begin another
 * schema's with. */
json_t *shape_definitions(void);
json_t *shape_text_definitions(void);

/* The same with what every schema says at its top: its draft and its title. The shape is taken. */
json_t *shape_titled(json_t *shape, const char *title);

/* Lets keys that begin with x- stand in a map, whatever is in them: a place for anchors. */
void shape_allow_extensions(json_t *map);

#endif
