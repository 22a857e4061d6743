/* How the blocks of tocsin.yaml are read, one file each; only config.c calls these. Each takes the
 * document, whose values are expanded, fills its part of the config and reports what is wrong. */
#ifndef TOCSIN_CONFIG_CONFIG_PRIVATE_H
#define TOCSIN_CONFIG_CONFIG_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include <tocsin/sink.h>

#include "config/config.h"

struct option_context;

void logging_read(struct config *config, struct problems *problems);
void listeners_read(struct config *config, struct problems *problems);
void hooks_read(struct config *config, struct problems *problems);

/* `auth` of a hook, whose map and subject ("hook soc") are given; finish is for config.c. */
void hook_auth_read(struct config_auth *auth, const struct yaml *hook, const char *subject,
    const struct option_context *context);
json_t *hook_auth_shape(void);
void config_auth_finish(struct config_auth *auth);

/* A list of networks under a key of a map; empty where it is not written. Never NULL. */
struct networks *networks_read(
    const struct yaml *map, const char *key, const char *subject, struct problems *problems);
json_t *networks_shape(const char *description);
void networks_destroy(struct networks *networks);

/* Also makes the preset look-ups, which lookups_read() changes: so it comes first. */
void sekoia_read(struct config *config, struct problems *problems);
void lookups_read(struct config *config, struct problems *problems);
void sinks_read(struct config *config, struct problems *problems);

/* The shapes of the same blocks (config/shape.h), added to that of the document. */
void settings_shape(json_t *document);
void logging_shape(json_t *document);
void listeners_shape(json_t *document);
void hooks_shape(json_t *document);
void sekoia_shape(json_t *document);
void lookups_shape(json_t *document);

/* The types of events that sekoia_read() makes look-ups for; NULL at the end. */
const char *preset_type(size_t position);

/* `alarms`: the names of sinks. */
void alarms_set(struct config *config, const struct tocsin_list *names, struct problems *problems);

/* The files that `rules` names; node is NULL where it is not written and the names are the
 * default's. */
void rule_files_find(struct config *config, const struct tocsin_list *names,
    const struct yaml *node, struct problems *problems);

/* Appends a zeroed look-up. */
struct config_lookup *lookup_add(struct config *config);

/* Warns where the key, or what is looked up, would be readable for everybody on the way. */
void lookup_warn_plain(const struct config_lookup *lookup, const char *subject, struct place place,
    struct problems *problems);

/* True when the node is a map of named things, which may be walked; says what it is otherwise. A
 * missing one, and nothing, is an empty map, so false. */
bool is_map_of_names(const struct yaml *node, const char *key, struct problems *problems);

/* Names that stand in logs, URLs and rules: 1 to 64 of a-z 0-9 . _ - */
bool check_name(const struct yaml *key, const char *what, struct problems *problems);

/* A copy of a URL (of an option that checked it to be one) to which paths are appended: without a
 * slash at its end. It must be http or https, without a query; `what` names it where it is not. */
char *base_url(
    const char *text, const struct yaml *node, const char *what, struct problems *problems);

/* Moves a text out of an option's member. */
static inline char *take_text(const char **text)
{
    char *taken = (char *)(uintptr_t)*text;

    *text = NULL;
    return taken;
}

#endif
