/* The options that every sink has, whatever its plugin: how often, how long, how many. They are the
 * host's; a plugin that declares one of their names is refused. */
#ifndef TOCSIN_SINK_POLICY_H
#define TOCSIN_SINK_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/options.h"

struct option_context;
struct plugin;
struct problems;
struct secrets;
struct yaml;

struct policy {
    int64_t timeout_ms; /* for one attempt */
    size_t concurrency; /* attempts at one time */
    double rate;        /* attempts a second; 0: no limit */
    int64_t retry_first_ms, retry_max_ms;
    int64_t give_up_ms; /* since the delivery was decided */
    int64_t breaker_failures;
    int64_t probe_ms;     /* how long a sink stays shut before one delivery probes */
    bool resend_in_doubt; /* else an attempt that may have arrived is a dead letter */
    char *fallback;       /* the sink that takes over what waited too long; NULL for none */
    int64_t fallback_after_ms;
    char *proxy; /* render sinks: NULL for none */
    char *ca;    /* render sinks: a file of certificates; NULL for the system's */
};

/* The host's option names: those of any sink, and those of sinks whose requests the host makes. */
const char *const *policy_names(bool has_requests);
size_t policy_name_count(bool has_requests);

/* Reads the host's options of a sink's map over sink_defaults (NULL: none) over the plugin's own
 * defaults. Faults go to problems, each with the subject ("sink siem"); false if there was any. */
bool policy_read(struct policy *policy, const struct plugin *plugin, const struct yaml *defaults,
    const struct yaml *sink, const char *subject, struct problems *problems);

/* Whether the plugin is to run in processes of its own; to be known before it is loaded. What is
 * wrong with the option is for policy_read() to tell. */
bool policy_isolates(const struct yaml *defaults, const struct yaml *sink);

/* Checks sink_defaults by itself, so that a fault there is reported once and not once a sink. */
bool policy_check_defaults(const struct yaml *defaults, struct problems *problems);

/* Adds the shapes of the host's options (config/shape.h) to a map's: those of a sink whose plugin
 * blocks, of one whose requests the host makes, and those that sink_defaults may hold. */
enum policy_kind {
    POLICY_OTHER,
    POLICY_REQUESTS,
    POLICY_DEFAULTS
};
void policy_shape(json_t *map, enum policy_kind kind);

/* The host's options as documentation shows them: those that stand at the sink itself (name NULL),
 * and those of its blocks. */
struct policy_group {
    const char *name, *help; /* of the block */
    struct option_table options;
    bool is_for_requests; /* only at a sink whose requests the host makes */
};
const struct policy_group *policy_groups(size_t *count);

/* What `concurrency` is where neither the user nor the plugin says it. */
size_t policy_default_concurrency(const struct plugin *plugin);

void policy_finish(struct policy *policy);

#endif
