/* Header fields of a mail: RFC 5322 folding, RFC 2047 encoded words. Whatever the value holds, one
 * field comes out: controls become blanks, no line is longer than 998 bytes, all end with CRLF. */
#ifndef EMAIL_HEADER_H
#define EMAIL_HEADER_H

#include <stddef.h>
#include <stdint.h>

struct address;
struct text;

/* An unstructured field: Subject and the like. */
void header_text(struct text *out, const char *name, const char *value);

/* From, To: one address a line. */
void header_addresses(
    struct text *out, const char *name, const struct address *addresses, size_t count);

/* RFC 5322 3.3, in UTC. */
void header_date(struct text *out, int64_t ms);

#endif
