/* A command's arguments: options that take a value or none, and the rest. */
#ifndef TOCSIN_CMD_ARGUMENTS_H
#define TOCSIN_CMD_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct command;

struct argument {
    const char *name;   /* "-c", "--with" */
    const char **value; /* where the word after it goes; NULL: it takes none */
    bool *is_there;     /* may be NULL */
    size_t *count;      /* value has room for several: how many there are; NULL: the last counts */
    size_t most;        /* of those */
};

/* Sorts argv (without the command's name) into the options and rest[0..most). Returns the number of
 * the rest, or -1 after telling what is wrong. */
int arguments_read(const struct command *command, int argc, char **argv,
    const struct argument *options, size_t option_count, const char **rest, int most);

/* FILE of -c, else $TOCSIN_CONFIG, else ./tocsin.yaml if it is there, else /etc/tocsin/tocsin.yaml.
 */
const char *arguments_config(const char *given);

/* Whether a value, NULL when it was not given, is a time or how long ago; else tells that it is
 * not.
 */
bool arguments_check_moment(const struct command *command, const char *name, const char *value);

/* The value as JSON. Bytes that are no UTF-8 become U+FFFD: as a filter it then passes nothing,
 * where one that is left out would pass everything. */
json_t *arguments_json(const char *value);

#endif
