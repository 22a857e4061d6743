/* Formats: what `{{name|format:argument|format}}` makes of a value, from left to right, before it
 * is escaped.
 *
 *   time, time:ZONE  a time (event/value.h) as people read it, in UTC or in a zone by its IANA name
 *   ago              a time as its distance from now: "5 minutes ago", "in 2 hours"
 *   cut:N            at most N characters; a longer text ends with an ellipsis, which counts
 *   or:TEXT          the text, where the value is absent, null or empty
 *   json             the value as JSON, on one line; null for what is absent
 *
 * What is no time is shown as it is. An argument is read up to the next `|`, or in quotes, " or ',
 * in which a back-slash makes the next character literal. */
#ifndef TOCSIN_MESSAGE_FORMAT_H
#define TOCSIN_MESSAGE_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/value.h"

struct error;
struct format;

/* Zeroed: no formats. */
struct formats {
    struct format *items;
    size_t count;
};

/* Reads what stands behind the first `|`. Zones are looked up here. False with the reason, and in
 * *fault_at the offset of the format that it is about; nothing needs finishing then. */
bool formats_read(
    struct formats *formats, const char *text, size_t len, size_t *fault_at, struct error *error);
void formats_finish(struct formats *formats);

/* Whether the last of them is `json`. */
bool formats_make_json(const struct formats *formats);

struct format_use {
    int64_t now_ms; /* for `ago` */
    size_t work;    /* counts the bytes that were looked through */
};

/* What they make of a value, the caller's to release. NULL is what is absent, and may come back. */
json_t *formats_apply(const struct formats *formats, const json_t *value, struct format_use *use);

/* The text that a value is shown as: a list or an object is compact JSON, null and NULL are "".
 * It lives in the value, in scratch, or in *made, which the caller frees. */
const char *format_text(const json_t *value, char scratch[VALUE_TEXT_SIZE], char **made);

#endif
