/* Base 64 as RFC 4648, section 4, has it: with padding, without line breaks. */
#ifndef TOCSIN_PLUGINS_WEBHOOK_BASE64_H
#define TOCSIN_PLUGINS_WEBHOOK_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the bytes to out, which has room for so many. False for what is no base 64 or is longer;
 * bits that stand for nothing must be zero. */
bool base64_decode(const char *text, uint8_t *out, size_t room, size_t *len);

/* Writes 4 characters for each 3 bytes begun, and a NUL. */
void base64_encode(const uint8_t *bytes, size_t len, char *out);

#endif
