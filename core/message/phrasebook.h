/* How the messages of each rule read: the templates of the rules files, compiled. A book borrows
 * the rules that it was made of and lives no longer than they do. */
#ifndef TOCSIN_MESSAGE_PHRASEBOOK_H
#define TOCSIN_MESSAGE_PHRASEBOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message/message.h"

struct buf;
struct draft;
struct problems;
struct review;
struct ruleset;
struct template;
struct template_fault;
struct view;

struct phrasebook;

/* One template. */
struct phrase {
    const char *what;          /* "title", for people */
    const struct draft *draft; /* where it stands */
    struct template *template;
    int64_t told_ms; /* when its last failure was told, 0: never */
};

struct phrase_fact {
    const char *label;
    struct phrase *value;
};

/* The words of one rule for one sink: what the send says, else the rule. NULL is the default's. */
struct phrases {
    const struct phrasebook *book;
    struct phrase *title, *text, *link, *level;
    const struct phrase_fact *facts;
    size_t fact_count;
    bool has_facts; /* these are all of them, and none, perhaps */
    bool is_gone;   /* there is no such rule any more */
};

struct phrase_manner {
    const json_t *root; /* of phrasebook_root() */
    enum flavour flavour;
    int64_t now_ms; /* for `|ago` */
};

/* Compiles every template of the rules (ruleset_read() will do). What is wrong is reported by its
 * place in the rules file, or in the partial's own file: syntax, a partial that is not there, a
 * name that is never there. Never NULL; with errors in problems it is not whole. */
struct phrasebook *phrasebook_create(const struct ruleset *rules, struct problems *problems);

/* Warns of paths in the templates that no event has (rule/review.h). */
void phrasebook_review(const struct phrasebook *book, const struct review *review);
void phrasebook_destroy(struct phrasebook *book);

/* The words for what the rule sends to the sink. NULL: the default messages. A rule that is not in
 * the book has `is_gone`. Borrowed from the book. */
const struct phrases *phrasebook_find(
    const struct phrasebook *book, const char *rule, const char *sink);

/* What templates see of a view: its names, with `facts` where some template reads them, and always
 * a `title`, the default message's where the event has none. A new reference. */
json_t *phrasebook_root(const struct phrasebook *book, const struct view *view, const char *rule);

/* Appends what a phrase of the book gives, as it is: not cleaned, not cut. False with the fault, as
 * template_render(). */
bool phrase_render(const struct phrasebook *book, const struct phrase *phrase,
    const struct phrase_manner *manner, struct buf *out, struct template_fault *fault);

/* Each template once, but for the partials, for those who try them. */
size_t phrasebook_count(const struct phrasebook *book);
const struct phrase *phrasebook_phrase(const struct phrasebook *book, size_t index);

#endif
