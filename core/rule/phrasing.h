/* How messages read, as a rule or one of its sends says it: templates as they are written, with
 * their places. What makes messages of them stands above (message/phrasebook.h). */
#ifndef TOCSIN_RULE_PHRASING_H
#define TOCSIN_RULE_PHRASING_H

#include <stdbool.h>
#include <stddef.h>

#include "config/problems.h"

struct yaml;
struct yaml_entry;

/* A template as written. */
struct draft {
    char *text;         /* owned; NULL: nothing is said */
    struct place place; /* of the value; its file is borrowed from whoever has the draft */
    size_t text_line, text_column; /* of the text inside, as in struct yaml */
};

struct fact_draft {
    char *label; /* owned; one line, no template */
    struct draft value;
};

struct phrasing {
    struct draft title, text, link, level;
    struct fact_draft *facts; /* owned */
    size_t fact_count;
    bool has_facts; /* it says which facts there are: none, perhaps */
};

/* NULL at the end: for rules, and for the maps in `send` and `unmatched`. */
#define PHRASING_KEYS "title", "text", "facts", "link", "level"

bool is_phrasing_key(const char *key);

/* Reads one of the keys above; what is wrong with it goes to problems. *phrasing is created where
 * it is NULL. file is what the drafts' places borrow. */
void phrasing_read(struct phrasing **phrasing, const struct yaml_entry *entry, const char *file,
    struct problems *problems);
void phrasing_destroy(struct phrasing *phrasing);

/* Reads one template; a value that is no text is a problem, and `subject` is what it should be. */
void draft_read(struct draft *draft, const struct yaml *value, const char *subject,
    const char *file, struct problems *problems);
void draft_finish(struct draft *draft);

/* The file's place of a line and column of the text, both from 1. *is_exact: else it is that of the
 * whole value, which the file writes in another way than it reads. */
struct place draft_place(const struct draft *draft, size_t line, size_t column, bool *is_exact);

#endif
