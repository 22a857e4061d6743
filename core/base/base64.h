/* Base64 (RFC 4648, section 4), with its padding. */
#ifndef TOCSIN_BASE_BASE64_H
#define TOCSIN_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The caller frees it. */
char *base64_encode(const void *bytes, size_t len);

/* Reads what base64_encode() writes and nothing else: no blanks, no missing padding, no bits behind
 * the last byte. Fills at most `room` bytes; false where it is something else, or more. */
bool base64_decode(const char *text, uint8_t *bytes, size_t room, size_t *len);

#endif
