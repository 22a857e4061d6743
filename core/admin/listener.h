/* The admin listener: health, and an API over what the daemon knows and what operators change.
 * Belongs to the loop's thread; what reads the ledger does so on a thread of its own. */
#ifndef TOCSIN_ADMIN_LISTENER_H
#define TOCSIN_ADMIN_LISTENER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/sources.h"

struct admin_listener;
struct config;
struct enricher;
struct error;
struct event_base;
struct flow;
struct journal;
struct logger;
struct metrics;
struct sink;

/* What became of the configuration's files. */
struct admin_configuration {
    int64_t loaded_ms;                /* wall clock: what runs was loaded then */
    int64_t refused_ms;               /* a later one was refused then; 0: none was */
    char *refused;                    /* owned: its first fault, with its place; NULL likewise */
    char digest[SOURCES_DIGEST_SIZE]; /* of the files that what runs was loaded from */
};

/* Loads the configuration anew, and goes on with it where nothing is wrong with it: sets *report to
 * a new object for people and programs, and returns whether it did. */
typedef bool (*admin_reload)(void *arg, json_t **report);

/* What an event would come to, by the rules that run. Exactly one of event and record is given:
 * an event as it would be posted, or one of the ledger (the API's events/ID). */
struct admin_explain {
    const char *event; /* JSON text */
    size_t event_len;
    const char *hook; /* NULL: any */
    const json_t *record;
    const char *object; /* JSON text in place of the look-up; NULL: the record's, or none */
    size_t object_len;
    bool not_enriched; /* as if the look-up had failed */
};
/* A new object, or NULL with the reason. Sends nothing. */
typedef json_t *(*admin_explaining)(
    void *arg, const struct admin_explain *explain, struct error *error);

/* Who would have heard more, less or otherwise by other rules: done is called once, with the report
 * (lent for the call) or the reason; with neither when the daemon ends. */
typedef void (*admin_compared)(const json_t *report, const char *refusal, void *done_arg);
struct admin_what_if {
    const char *rules; /* YAML text */
    const char *since; /* as on the command line: a time, or how long ago */
    admin_compared done;
    void *done_arg;
};
/* False with the reason when it cannot be asked now; done is not called then. */
typedef bool (*admin_comparing)(
    void *arg, const struct admin_what_if *what_if, struct error *error);

struct ruleset;
struct yaml;

/* What it tells about, all borrowed. */
struct admin_parts {
    struct event_base *base;
    const struct config *config;
    struct journal *journal;
    struct flow *flow;
    const struct enricher *enricher;
    struct sink *const *sinks;
    size_t sink_count;
    const struct logger *logger;
    struct metrics *metrics;
    const struct admin_configuration *configuration;
    const struct ruleset *rules;
    struct yaml *const *rule_documents; /* of these rules; NULL where one could not be read */
    size_t rule_document_count;
    admin_reload reload;
    admin_explaining explain;
    admin_comparing what_if;
    void *arg; /* of these three */
};

/* Listens at config->admin. NULL with the address and the reason. */
struct admin_listener *admin_listener_create(const struct admin_parts *parts, struct error *error);

/* Goes on with another configuration's parts; base, journal, flow and address stay the same. */
void admin_listener_reload(struct admin_listener *admin, const struct admin_parts *parts);

const char *admin_listener_address(const struct admin_listener *admin);

/* False: a reader did not come back, and may go on using what the listener was given. */
bool admin_listener_destroy(struct admin_listener *admin);

#endif
