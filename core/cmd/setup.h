/* The configuration, whole: tocsin.yaml, the sinks with their plugins, the rules, the look-ups.
 * Loaded and checked by the same code for every command. */
#ifndef TOCSIN_CMD_SETUP_H
#define TOCSIN_CMD_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "config/problems.h"
#include "rule/cases.h"

struct config;
struct phrasebook;
struct ruleset;
struct sink;
struct yaml;

struct setup {
    struct config *config;
    struct sink **sinks; /* not started */
    size_t sink_count;
    struct yaml **rule_documents; /* the places in problems are theirs */
    size_t rule_document_count;
    struct ruleset *rules;
    struct phrasebook *phrases; /* of these rules */
    struct cases cases;         /* the tests of the rules files */
    struct problems problems;
};

/* Loads everything and collects every fault and warning in setup->problems, sorted. False when
 * there are errors; what could be loaded is there all the same. */
bool setup_load(struct setup *setup, const char *file);
void setup_finish(struct setup *setup);

/* The same of tocsin.yaml and its sinks alone: for what needs no rules. Sinks without a fault of
 * their own are there whatever is wrong elsewhere. */
bool setup_load_sinks(struct setup *setup, const char *file);

/* The sink of that name; NULL where there is none. */
struct sink *setup_sink(const struct setup *setup, const char *name);

/* Stops all its sinks that were started; false while a thread of one did not come back. */
bool setup_stop_sinks(const struct setup *setup);

/* Writes the problems to standard error, a line each. */
void setup_print_problems(const struct setup *setup);

#endif
