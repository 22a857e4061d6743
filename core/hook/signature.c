#include "hook/signature.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "build_config.h"

#if HAVE_OPENSSL
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif

enum {
    hex_len = 2 * SIGNATURE_SIZE,
    base64_len = (SIGNATURE_SIZE + 2) / 3 * 4,
};

#if HAVE_OPENSSL
bool signature_make(const char *key, const struct signed_part *parts, size_t count,
    uint8_t signature[SIGNATURE_SIZE])
{
    size_t len = 0, at = 0;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    auto_free char *joined = count > 1 ? mem_take(len + 1) : NULL;
    for (size_t i = 0; joined && i < count; at += parts[i++].len)
        if (parts[i].len > 0)
            memcpy(joined + at, parts[i].bytes, parts[i].len);
    const void *bytes = joined ? joined : parts->bytes;
    unsigned made = SIGNATURE_SIZE;
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), bytes, len, signature, &made))
        mem_exhausted();
    return true;
}
#else
bool signature_make(const char *key, const struct signed_part *parts, size_t count,
    uint8_t signature[SIGNATURE_SIZE])
{
    (void)key, (void)parts, (void)count, (void)signature;
    return false;
}
#endif

static bool is_hex(const char *text, size_t len)
{
    size_t digits = 0;

    while (digits < len && isxdigit((unsigned char)text[digits]))
        digits++;
    return len == hex_len && digits == len;
}

static bool read_base64(const char *text, size_t len, uint8_t bytes[SIGNATURE_SIZE])
{
    size_t bytes_len;

    if (len != base64_len)
        return false;
    auto_free char *copy = text_copy_n(text, len);
    return base64_decode(copy, bytes, SIGNATURE_SIZE, &bytes_len) && bytes_len == SIGNATURE_SIZE;
}

static unsigned hex_value(char digit)
{
    return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
                                         : (unsigned)(tolower((unsigned char)digit) - 'a') + 10;
}

static bool read_signature(const char *text, size_t len, uint8_t bytes[SIGNATURE_SIZE])
{
    if (!is_hex(text, len))
        return read_base64(text, len, bytes);
    for (size_t i = 0; i < SIGNATURE_SIZE; i++)
        bytes[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return true;
}

bool signature_is_one(const char *text, size_t len)
{
    uint8_t bytes[SIGNATURE_SIZE];

    return read_signature(text, len, bytes);
}

bool signature_equals(const uint8_t signature[SIGNATURE_SIZE], const char *text, size_t len)
{
    uint8_t bytes[SIGNATURE_SIZE], difference = 0;

    if (!read_signature(text, len, bytes))
        return false;
    for (size_t i = 0; i < SIGNATURE_SIZE; i++)
        difference |= (uint8_t)(bytes[i] ^ signature[i]);
    return difference == 0;
}
