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
    bool has_comment;    /* YAML_NULL: a # follows, so it may have been meant as a text */
    bool has_lost_keys;  /* maps: a key was refused, so none that is missing may be asked for */
    bool is_faulty;      /* what is wrong with it stands in the problems already: say no more */
    struct place place;
    char *text;          /* scalars, owned; for YAML_NULL what was written */
    char *written;       /* scalars whose text came from ${...}, owned: what may be shown
                          * instead of the text, "${NAME}"; otherwise NULL (config/expand.h) */
    char *sources;       /* owned: the files that were read for ${file:PATH}, ${cred:NAME} and
                          * a folder of partials, each ends with a newline; NULL where none
                          * was */
    struct yaml **items; /* lists, owned; aliases are expanded */
    struct yaml_entry *entries; /* maps, in order */
    size_t count;               /* of items or entries */
    /* Scalars that hold a {{: where their text begins, each further line of it being the next of
     * the file at the same column. Line 0: the file writes it otherwise (folded, with escapes). */
    size_t text_line, text_column;
    char *file;  /* the root's, owned: the name in the places of all its nodes */
    char *whole; /* the root's, owned: the text that was read */
};

struct yaml_entry {
    struct yaml *key; /* always a scalar */
    struct yaml *value;
};

/* Reads a file, or a text whose name is given for its places. Every fault is in problems. NULL for
 * a missing file (what and why), for what is no YAML at all, over 4 MiB, more than 100,000 nodes or
 * 4 MiB of text after aliases. All other faults leave a tree without the faulty part, so that its
 * reader can report its own findings at the same time: duplicate keys (the first stays), `<<`
 * (refused with a hint), keys that are not texts, tags, deeper than 64. So whoever loads must ask
 * problems->error_count before using the result. Where YAML bites the error names the cure: an
 * unquoted `{{` or `${X}` inside `{...}` is "quote it". An empty file is an empty map. */
struct yaml *yaml_load_file(const char *path, struct problems *problems);
struct yaml *yaml_load_text(
    const char *name, const char *text, size_t len, struct problems *problems);
void yaml_destroy(struct yaml *node);

/* The value of a key of a map; NULL when it is not there or the node is no map. */
struct yaml *yaml_get(const struct yaml *map, const char *key);

/* The same kind, text and parts in the same order, wherever they stand; NULL equals NULL. Whether a
 * scalar was quoted does not count. */
bool yaml_equals(const struct yaml *a, const struct yaml *b);

/* A name for what a node is, for errors: "a list", "a map", "nothing" (with the cure where a # made
 * it nothing), "a text". */
const char *yaml_describe(const struct yaml *node);

/* What a node holds, for errors; the caller frees it: a text in quotes (cut, and control characters
 * replaced), "the value of ${NAME}" for what a replacement brought, else as yaml_describe(). Not
 * for secrets. */
char *yaml_show(const struct yaml *node);

static inline void cleanup_yaml(struct yaml **node)
{
    yaml_destroy(*node);
}

#define auto_yaml __attribute__((cleanup(cleanup_yaml)))

#endif
