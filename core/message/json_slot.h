/* A place in a JSON text (RFC 8259) where a value is put. Inside of a string it becomes a part of
 * that, anywhere else a value of its own, whatever stands in it: it can end no string and begin no
 * member. */
#ifndef TOCSIN_MESSAGE_JSON_SLOT_H
#define TOCSIN_MESSAGE_JSON_SLOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Zeroed at the text's beginning. */
struct json_slot {
    size_t at; /* what stands before was looked at */
    bool in_string;
    bool is_escaped; /* behind a back-slash: nothing can be put here */
};

/* Moves to the end of the text, of which what was looked at has not changed. */
void json_slot_move(struct json_slot *slot, const char *text, size_t len);

/* Appends the value (NULL: null). Real numbers have 15 digits. */
void json_slot_put(const struct json_slot *slot, const json_t *value, struct buf *out);

#endif
