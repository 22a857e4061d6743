/* The headers of a request: those that the options make, and the operator's own. Texts live in the
 * call's memory. */
#ifndef TOCSIN_PLUGINS_WEBHOOK_HEADER_H
#define TOCSIN_PLUGINS_WEBHOOK_HEADER_H

#include <stdbool.h>
#include <stddef.h>

struct tocsin_call;
struct webhook_config;

struct header_list {
    const char **lines; /* NULL at the end */
    size_t count, room;
};

/* Made for so many. */
struct header_list header_list_make(struct tocsin_call *call, size_t room);

/* Name and value are fit for a header. */
void header_add(
    struct tocsin_call *call, struct header_list *headers, const char *name, const char *value);

/* What is wrong with the operator's own headers, "headers: ..."; NULL: nothing. No value is shown.
 */
const char *headers_fault(struct tocsin_call *call, const struct webhook_config *config);

/* Adds the operator's own; an empty value leaves one out. */
void headers_add_own(
    struct tocsin_call *call, const struct webhook_config *config, struct header_list *headers);

/* The text as visible ASCII. For the value of a header of a CloudEvent (HTTP binding, 3.1.3.2)
 * blanks, `"`, `%` and what is no visible ASCII become %XX; for a segment of a URI all but what is
 * unreserved (RFC 3986). */
const char *percent_encode(struct tocsin_call *call, const char *text, bool is_segment);

#endif
