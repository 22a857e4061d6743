/* Fallbacks as they are configured: each names a sink, and no chain of them comes back to where it
 * began. */
#ifndef TOCSIN_SINK_FALLBACK_H
#define TOCSIN_SINK_FALLBACK_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct problems;
struct sink;

/* Every fault goes to problems, at the option's place; false if there was any. */
bool fallbacks_check(const struct config *config, struct sink *const *sinks, size_t count,
    struct problems *problems);

#endif
