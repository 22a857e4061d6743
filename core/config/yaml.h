/* YAML whose every node knows its place. Over libyaml's document interface; scalars stay the text
 * that is written (NO, on, 08, 22:30): types come from whoever reads them. */
#ifndef TOCSIN_CONFIG_YAML_H
#define TOCSIN_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "config/problems.h"

enum yaml_kind {
    YAML_NULL,
    YAML_SCALAR,
    YAML_LIST,
    YAML_MAP
};

struct yaml_entry;

struct yaml {
    enum yaml_kind kind; /* YAML_NULL: an empty plain value, or plain ~ or null */
    bool quoted;         /* scalars: written in quotes or as a block */
    struct place place;
    char *text;                 /* scalars, owned; for YAML_NULL what was written */
    struct yaml **items;        /* lists, owned; aliases are expanded */
    struct yaml_entry *entries; /* maps, in order */
    size_t count;               /* of items or entries */
};

struct yaml_entry {
    struct yaml *key; /* always a scalar */
    struct yaml *value;
};

/* Reads a file, or a text whose name is given for its places. NULL when it could not be read as
 * YAML; every fault is in problems: a missing file (what and why), syntax, duplicate keys, `<<`
 * (refused with a hint), keys that are not scalars, deeper than 64, more than 100,000 nodes after
 * aliases, over 4 MiB. Where YAML bites the error names the cure: an unquoted `{{` or `${X}` inside
 * `{...}` is "quote it". An empty file is an empty map. */
struct yaml *yaml_load_file(const char *path, struct problems *problems);
struct yaml *yaml_load_text(
    const char *name, const char *text, size_t len, struct problems *problems);
void yaml_destroy(struct yaml *node);

/* The value of a key of a map; NULL when it is not there or the node is no map. */
struct yaml *yaml_get(const struct yaml *map, const char *key);

/* A name for what a node is, for errors: "a list", "a map", "nothing", "a text". */
const char *yaml_describe(const struct yaml *node);

#endif
