/* The names that rules may send to. */
#ifndef TOCSIN_CMD_SINK_NAMES_H
#define TOCSIN_CMD_SINK_NAMES_H

#include <stddef.h>

struct config;
struct yaml;

/* As they are written in `sinks`, whatever else is wrong there. Where that is no map, so that no
 * name can be known, the names that the rules themselves use: one fault there shall not be told
 * again at each rule. The caller frees the list; the texts are borrowed. */
const char **sink_names_collect(const struct config *config, const struct yaml *const *rules,
    size_t rules_count, size_t *count);

#endif
