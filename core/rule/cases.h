/* The tests that stand in the rules files: events, and who must hear of them. Read here, run by who
 * may read files (cmd/): what a case names as a file is only named here.
 *
 *   tests:
 *     - name: a moderate alert wakes nobody
 *       event: {type: alert, action: created, alert: {title: x, urgency: {current_value: 30}}}
 *       expect: [siem]
 *
 * An event is written down as it is posted, with the object that is looked up for its type beside
 * it under its name; or it is {file: PATH}. `with: PATH` is that object in a file, `enriched:
 * false` a look-up in vain, `hook` and `at` how and when it came. */
#ifndef TOCSIN_RULE_CASES_H
#define TOCSIN_RULE_CASES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/problems.h"

struct config;
struct config_lookup;
struct yaml;

/* A sink that must hear of the event. */
struct expected {
    const char *sink;   /* borrowed from the configuration */
    char *title, *text; /* how it must read; owned; NULL: anyhow */
};

/* A file that a case names. */
struct case_file {
    char *path; /* absolute, owned; NULL: none is named */
    struct place place;
};

/* Places borrow their file's name from the document. */
struct rule_case {
    char *name; /* owned; NULL where it has none, which is a fault */
    struct place place;
    struct place event_place;
    json_t *event; /* the posted document, owned; NULL where a file has it */
    struct case_file event_file;
    json_t *object; /* what was looked up, owned; NULL where it is not written here */
    struct case_file object_file;
    bool is_failed;            /* enriched: false */
    char *hook;                /* owned; NULL: not said */
    int64_t at_ms;             /* when it was accepted; 0: when the test is run */
    struct expected *expected; /* owned */
    size_t expected_count;
};

struct cases {
    struct rule_case *items; /* in order */
    size_t count;
};

/* Reads the lists of all documents (NULL, a file that could not be read, is passed over); every
 * fault goes to problems. The sinks and look-ups are the configuration's. The result, whole or not,
 * must be finished. */
void cases_read(struct cases *cases, const struct yaml *const *documents, size_t document_count,
    const struct config *config, struct problems *problems);
void cases_finish(struct cases *cases);

/* The name under which the object of events of this type is attached: by the configuration, else as
 * Sekoia's are called. NULL where nothing is looked up for them. *pick: where in the answer the
 * object is, NULL for all of it. */
const char *case_object_name(const struct config *config, const char *type, const char **pick);

#endif
