/* Where requests begin and end on a connection, read by the letter of RFC 9112 (sections 2 to 7).
 * evhttp reads more leniently: a line that ends with a line feed alone, a second length, a size of
 * a chunk as strtoll() takes it, trailers as if they were headers. Where a proxy in front reads
 * otherwise than the server behind it, a request can hide in another one. So whatever evhttp
 * reports is taken only if it was whole by this reading too.
 *
 * Pure: bytes go in as they come, in any portions; each is looked at once, and none is kept. */
#ifndef TOCSIN_HOOK_FRAMING_H
#define TOCSIN_HOOK_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAMING_KEPT = 20, /* of a header's name, and of a value that matters: the longest and more */
};

/* Zeroed, it stands at the beginning of a connection. */
struct framing {
    const char *fault; /* a constant: what is wrong, from which on nothing is read; NULL: nothing */
    uint64_t requests; /* that ended without a fault */
    unsigned part;     /* what the next byte belongs to: framing.c */
    unsigned at;       /* how many of its bytes there were */
    uint64_t left;     /* bytes of the body or the chunk that are still to come */
    uint64_t length;   /* as the header says it */
    bool may_have_body, has_length, is_chunked, is_http_1_0;
    char name[FRAMING_KEPT], value[FRAMING_KEPT];
    unsigned name_len, value_len;
};

void framing_read(struct framing *framing, const char *bytes, size_t len);

/* Whether the request with this number, the first of a connection being 0, ended where whoever asks
 * thinks: it has ended, and nothing in it or before it was in doubt. */
bool framing_is_sure(const struct framing *framing, uint64_t number);

#endif
