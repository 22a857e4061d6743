/* Files that a command is given: events, and what is looked up for them. */
#ifndef TOCSIN_CMD_INPUT_H
#define TOCSIN_CMD_INPUT_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct config;
struct error;
struct story;

/* Appends the whole file; "-" is standard input. False with the reason. */
bool input_read(const char *path, struct buf *out, struct error *error);

/* The event in those bytes, as if that hook had accepted it then. NULL with the reason, in which
 * the bytes are called `what`. hook NULL: the configuration's where it has just one, else
 * "explain". */
struct story *input_story(const struct buf *bytes, const char *what, const struct config *config,
    const char *hook, int64_t at_ms, struct error *error);

#endif
