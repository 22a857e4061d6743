/* One value of an option: from its node to the struct's member, by the option's type. */
#ifndef TOCSIN_CONFIG_OPTION_VALUE_H
#define TOCSIN_CONFIG_OPTION_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <tocsin/sink.h>

struct option_context;
struct yaml;

/* Fills the zeroed member. False, with a problem added, where the value does not fit; the member
 * may then hold a part of it. */
bool option_value_read(const struct tocsin_option *option, const struct yaml *node,
    const struct option_context *context, void *member);

/* Fills the zeroed member with the option's fallback, if it has one. `like` lends its place:
 * relative paths are relative to its file, as if the fallback stood there. */
bool option_value_fall_back(const struct tocsin_option *option, const struct yaml *like,
    const struct option_context *context, void *member);

/* Frees and zeroes the member. */
void option_value_finish(const struct tocsin_option *option, void *member);

/* Bytes of the member; 0 for an unknown type. */
size_t option_value_size(uint32_t type);

#endif
