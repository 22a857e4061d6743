/* JSON from outside. Senders do not post twice, so whatever can be read is read: what strict
 * parsers refuse (bad UTF-8, NUL, lone surrogates, numbers out of range) is repaired first. */
#ifndef TOCSIN_EVENT_DOCUMENT_H
#define TOCSIN_EVENT_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>

struct error;

/* Parses any JSON value. Invalid UTF-8 becomes U+FFFD, as do lone surrogate escapes; \u0000 is
 * dropped; a number that fits no double or 64-bit integer becomes a text of its digits. A leading
 * byte order mark is ignored. Returns a new reference, or NULL with "line 1, column 5: ..." for
 * what is not JSON, or is nested deeper than 512 levels. */
json_t *document_parse(const char *bytes, size_t len, struct error *error);

/* What jansson says of a text that is no JSON, in those words: one line of valid UTF-8, whatever it
 * quotes. */
void document_describe_fault(const json_error_t *fault, struct error *error);

#endif
