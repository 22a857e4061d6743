/* How tocsin.yaml becomes a struct config, block by block. Each reads its part of the document into
 * the config and reports its faults. */
#ifndef TOCSIN_CONFIG_CONFIG_PRIVATE_H
#define TOCSIN_CONFIG_CONFIG_PRIVATE_H

#include <stdbool.h>

struct config;
struct config_address;
struct problems;
struct yaml;

/* address.c: "127.0.0.1:8080", or {address: ..., token: ...} where the address is taken from. */
void config_read_address(struct config_address *address, const struct yaml *value, const char *key,
    struct problems *problems);

/* hooks.c */
void config_read_hooks(struct config *config, const struct yaml *hooks, struct problems *problems);

/* sekoia.c: the preset's URLs and levels; then the look-ups of preset and `enrich:`. */
void config_read_sekoia(
    struct config *config, const struct yaml *sekoia, struct problems *problems);
void config_read_lookups(struct config *config, const struct yaml *sekoia,
    const struct yaml *enrich, struct problems *problems);

/* later.c: keys that are designed and not in this version: refused by name. NULL-terminated. */
void config_refuse_later(const struct yaml *map, const char *subject, const char *const *later,
    struct problems *problems);

#endif
