/* Option tables bound to structs: the one way in which a YAML map becomes a C struct, for
 * tocsin.yaml and for plugins alike. The table is the public one of tocsin/sink.h. */
#ifndef TOCSIN_CONFIG_OPTIONS_H
#define TOCSIN_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

struct problems;
struct secrets;
struct yaml;

/* A table of options; stride is the distance between two in bytes. */
struct option_table {
    const struct tocsin_option *options;
    size_t count;
    size_t stride;
};

#define OPTION_TABLE(array)                                                                        \
    (struct option_table)                                                                          \
    {                                                                                              \
        (array), sizeof(array) / sizeof *(array), sizeof *(array)                                  \
    }

const struct tocsin_option *option_at(const struct option_table *table, size_t index);

/* What reading needs besides table and node. The lists of words end with NULL; a list may be NULL.
 */
struct option_context {
    struct problems *problems;
    struct secrets *secrets;  /* secret values are remembered here; may be NULL */
    const char *subject;      /* for errors: `sink soc-teams`; NULL or "" for none */
    const char *const *also;  /* keys of the map that belong to somebody else */
    const char *const *later; /* keys that are refused as not in this version yet */
};

/* Fills the zeroed struct at config from the map: what is written, or else the fallback. Unknown
 * keys (with the nearest known one), wrong types, values out of their choices, a missing or empty
 * required option (one with a fallback may be missing, but not empty): each is a problem with its
 * place; returns false if there was any, or if a value is faulty already (its problem was told when
 * it was found). A map that is YAML_NULL counts as empty; a value that is YAML_NULL is wrong, since
 * it mostly is a text that begins with #. A text of a URL or path option, and a secret, that is
 * empty counts as not written, but without the fallback: `${CA:-}` turns it off. A user or password
 * is refused in a URL that is no secret. Texts, lists and maps are copied: options_finish() frees
 * them, also when this returned false. Values must be expanded (config/expand.h) before. */
bool options_read(const struct option_table *table, const struct yaml *map, void *config,
    const struct option_context *context);

/* Reads one option of a map whose other keys are somebody else's to read; else as options_read().
 */
bool option_read(const struct tocsin_option *option, const struct yaml *map, void *config,
    const struct option_context *context);

/* Whether a node holds what an option of the type takes; one that is missing does. For checks of
 * ranges, which say nothing of what could not be read. */
bool option_is_readable(const struct yaml *node, uint32_t type);

/* Frees what options_read() put into the struct; secrets are wiped. */
void options_finish(const struct option_table *table, void *config);

/* Checks a plugin's own table at load: names unique, lower-case, not in reserved[0..n); types
 * known; members inside config_size; fallbacks that parse; help present; required xor fallback. The
 * first fault is returned as a text the caller frees, NULL when there is none. */
char *options_fault(const struct option_table *table, size_t config_size,
    const char *const *reserved, size_t reserved_count);

/* "text", "secret", "duration", ...: for errors and documentation. NULL for an unknown type. */
const char *option_type_name(uint32_t type);

#endif
