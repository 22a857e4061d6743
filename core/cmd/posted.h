/* An event that nobody posted, as if somebody had. */
#ifndef TOCSIN_CMD_POSTED_H
#define TOCSIN_CMD_POSTED_H

#include <stdint.h>

struct buf;
struct config;
struct error;
struct story;

/* The event in those bytes, as if that hook had accepted it then. NULL with the reason, in which
 * the bytes are called `what`. hook NULL: the configuration's where it has just one, else
 * "explain". */
struct story *posted_story(const struct buf *bytes, const char *what, const struct config *config,
    const char *hook, int64_t at_ms, struct error *error);

#endif
