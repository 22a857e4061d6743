/* One of two editions of the rules, with the words of their messages. */
#ifndef TOCSIN_CMD_EDITION_H
#define TOCSIN_CMD_EDITION_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct phrasebook;
struct problems;
struct ruleset;
struct sink;
struct story;
struct yaml;

struct edition {
    struct ruleset *rules;      /* owned */
    struct phrasebook *phrases; /* owned */
};

/* From the documents, as partial_folder_read() leaves them. False with the faults in problems. The
 * edition, whole or not, must be finished. */
bool edition_init(struct edition *edition, const struct yaml *const *documents, size_t count,
    const struct config *config, struct problems *problems);
void edition_finish(struct edition *edition);

/* Whether every partial is written the same in both. */
bool editions_share_partials(const struct edition *a, const struct edition *b);

/* Whether a rule of that name, which both have, tells this sink of this event in the same words.
 * The story was seen. Renders nothing where the templates are written the same. */
bool editions_word_alike(const struct edition *a, const struct edition *b, bool share_partials,
    struct story *story, const char *rule, const struct sink *sink);

#endif
