#include "network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_BYTES = 16
};

/* The bytes of the address that the text begins with, up to a slash; 0 for what is none. */
static size_t read_address(const char *text, unsigned char bytes[MOST_BYTES])
{
    size_t len = strcspn(text, "/");
    char address[INET6_ADDRSTRLEN] = "";

    if (len >= sizeof address)
        return 0;
    memcpy(address, text, len);
    if (inet_pton(AF_INET, address, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, address, bytes) == 1 ? MOST_BYTES : 0;
}

static bool read_prefix(const char *text, size_t bits, size_t *prefix)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 3 || text[digits] || (*text == '0' && digits > 1))
        return false;
    *prefix = strtoul(text, NULL, 10);
    return *prefix <= bits;
}

bool is_network(const char *text)
{
    unsigned char bytes[MOST_BYTES];
    size_t bits = 8 * read_address(text, bytes), prefix = bits;
    const char *slash = strchr(text, '/');

    if (bits == 0 || (slash && !read_prefix(slash + 1, bits, &prefix)))
        return false;
    for (size_t bit = prefix; bit < bits; bit++)
        if (bytes[bit / 8] & 0x80 >> bit % 8)
            return false;
    return true;
}
