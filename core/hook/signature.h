/* HMAC-SHA256 signatures as senders of webhooks write them. */
#ifndef TOCSIN_HOOK_SIGNATURE_H
#define TOCSIN_HOOK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIGNATURE_SIZE = 32,
};

/* One or more portions that are signed as if they were one text. */
struct signed_part {
    const void *bytes;
    size_t len;
};

/* False in a build without OpenSSL. */
bool signature_make(const char *key, const struct signed_part *parts, size_t count,
    uint8_t signature[SIGNATURE_SIZE]);

/* Whether the text, of 64 hexadecimal digits or of 44 of base64, is one at all, and that one; in a
 * time that does not tell where it differs. */
bool signature_is_one(const char *text, size_t len);
bool signature_equals(const uint8_t signature[SIGNATURE_SIZE], const char *text, size_t len);

#endif
