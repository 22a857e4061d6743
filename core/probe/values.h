/* The options that a probe gives a plugin: those that somebody wrote, and for the others that it
 * cannot do without, something made up that the plugin takes. */
#ifndef TOCSIN_PROBE_VALUES_H
#define TOCSIN_PROBE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct option_table;
struct plugin;
struct probe;
struct probe_values;
struct secrets;
struct yaml;

/* `given` are "key=value" each. A value in [..] or {..} is read as YAML where the option is a list
 * or a map; a key that comes again makes a list; {peer} in it becomes the address of a far end.
 * What is required and not among them is made up, if makes_up. NULL with what is wrong. The plugin,
 * and scratch (a folder for paths), are borrowed. */
struct probe_values *probe_values_create(const struct plugin *plugin, const char *const *given,
    size_t count, const char *scratch, bool makes_up, struct error *error);
void probe_values_destroy(struct probe_values *values);

/* Tries, with the plugin's own check, what can be made up: first what is required, then each secret
 * that is not. False with the reason where the plugin does not take it. */
bool probe_values_settle(struct probe_values *values, struct probe *probe, struct error *error);

/* Some option holds the address of a far end; and it is one of datagrams. */
bool probe_values_have_peer(const struct probe_values *values);
bool probe_values_are_datagrams(const struct probe_values *values);

/* The secret options that have no value, as a text: "password, key"; "" where each has one. The
 * caller frees it. */
char *probe_values_unset_secrets(const struct probe_values *values);

/* How many secrets there are to be looked for. */
size_t probe_values_secret_count(const struct probe_values *values);

/* The plugin's struct, filled as the host does. */
struct probe_config {
    void *config;
    const struct option_table *table;
    struct yaml *node;
    struct secrets *secrets;     /* all of them */
    struct secrets *url_secrets; /* and those that are URLs */
};

/* `variant` 0 or 1: what is made up differs between the two. NULL with the reason. */
struct probe_config *probe_config_create(
    const struct probe_values *values, unsigned variant, uint16_t port, struct error *error);
void probe_config_destroy(struct probe_config *config);

#endif
