/* UTF-8 (RFC 3629) that cannot hurt: repaired on the way in, cut on whole code points on the way
 * out. */
#ifndef TOCSIN_BASE_UTF8_H
#define TOCSIN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the valid sequence that starts at text, 0 if there is none. */
size_t utf8_sequence(const char *text, size_t len);

bool utf8_is_valid(const char *text, size_t len);

/* The length of the byte-order mark that Windows' editors begin a text with, 0 if there is none. */
size_t utf8_mark(const char *text, size_t len);

/* A copy in which every invalid byte became U+FFFD and every NUL is gone; the caller frees it.
 * out_len may be NULL. */
char *utf8_repair(const char *text, size_t len, size_t *out_len);

/* The number of code points in a valid text. */
size_t utf8_count(const char *text);

/* The number of bytes that the first count code points of a valid text take. */
size_t utf8_offset(const char *text, size_t count);

/* The greatest number of bytes, at most max, at which a valid text of len bytes can be cut. */
size_t utf8_cut(const char *text, size_t len, size_t max);

/* Makes blanks, in place, of all control characters in a valid text: C0 (newlines too), C1, delete,
 * U+2028 and U+2029. Its length stays. */
void utf8_blank_controls(char *text);

/* Appends one code point to out (at least 4 bytes); returns how many were written. */
size_t utf8_encode(uint32_t code_point, char *out);

#endif
