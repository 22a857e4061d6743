/* Values one after another as bytes, for another process of the same program on the same machine:
 * numbers as they lie in memory, texts with their length and their NUL. One list of calls both
 * packs and unpacks, so that the two cannot differ:
 *
 *     parcel_u32(parcel, &outcome->result);
 *     parcel_text(parcel, &outcome->reason);
 *
 * Packing only reads. What is unpacked is not trusted: whatever does not fit makes the parcel
 * broken, and every value from then on zero. */
#ifndef TOCSIN_BASE_PARCEL_H
#define TOCSIN_BASE_PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct parcel {
    struct buf *out;  /* packing: borrowed; NULL: unpacking */
    const char *data; /* unpacking: borrowed; texts point into it */
    size_t len, at;
    bool is_broken;
};

struct parcel parcel_to(struct buf *out);
struct parcel parcel_from(const char *data, size_t len);

static inline bool parcel_is_packed(const struct parcel *parcel)
{
    return parcel->out != NULL;
}

void parcel_u32(struct parcel *parcel, uint32_t *value);
void parcel_i64(struct parcel *parcel, int64_t *value);
void parcel_bool(struct parcel *parcel, bool *value);

/* NULL stays NULL. */
void parcel_text(struct parcel *parcel, const char **text);

/* Bytes that may hold a NUL; one follows them. */
void parcel_bytes(struct parcel *parcel, const char **bytes, uint64_t *len);

/* How many of something follow, each of at least so many bytes: never more than there is room for
 * in the bytes that are left, so that who makes room for them is not made to by a number alone. */
enum {
    PARCEL_TEXT_LEAST = 4, /* of a text: its length */
};
void parcel_count(struct parcel *parcel, size_t *count, size_t least);

/* Unpacked to its end, and whole. */
bool parcel_is_whole(const struct parcel *parcel);

#endif
