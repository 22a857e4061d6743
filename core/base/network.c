#include "base/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum {
    ipv4_bits = 32,
    ipv6_bits = 128,
    before_ipv4 = ipv6_bits - ipv4_bits, /* bits of ::ffff: */
};

static const unsigned char before_ipv4_bytes[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool address_parse(const char *text, struct address *address)
{
    memcpy(address->bytes, before_ipv4_bytes, sizeof before_ipv4_bytes);
    address->is_ipv4 = inet_pton(AF_INET, text, address->bytes + sizeof before_ipv4_bytes) == 1;
    return address->is_ipv4 || inet_pton(AF_INET6, text, address->bytes) == 1;
}

/* Up to `most`, in decimal; false for anything else. */
static bool read_prefix(const char *text, unsigned most, unsigned *prefix)
{
    size_t len = strlen(text);

    if (len == 0 || len > 3 || strspn(text, "0123456789") != len || (*text == '0' && len > 1))
        return false;
    *prefix = 0;
    for (; *text; text++)
        *prefix = *prefix * 10 + (unsigned)(*text - '0');
    return *prefix <= most;
}

/* Clears the bits behind the prefix; false where one was set. */
static bool clear_rest(struct network *network)
{
    bool was_clear = true;

    for (unsigned bit = network->prefix; bit < ipv6_bits; bit++) {
        unsigned char mask = (unsigned char)(0x80 >> bit % 8);
        was_clear = was_clear && !(network->bytes[bit / 8] & mask);
        network->bytes[bit / 8] &= (unsigned char)~mask;
    }
    return was_clear;
}

static bool complain_of_rest(const char *text, const struct network *network, bool is_ipv4,
    unsigned prefix, struct error *error)
{
    char right[INET6_ADDRSTRLEN];

    if (is_ipv4)
        inet_ntop(AF_INET, network->bytes + before_ipv4 / 8, right, sizeof right);
    else
        inet_ntop(AF_INET6, network->bytes, right, sizeof right);
    return error_set(error,
        "\"%s\" has bits set behind its prefix; the network is %s/%u, the address alone %.*s", text,
        right, prefix, (int)strcspn(text, "/"), text);
}

bool network_parse(const char *text, struct network *network, struct error *error)
{
    size_t len = strcspn(text, "/");
    char written[INET6_ADDRSTRLEN];
    struct address address;

    if (len < sizeof written)
        snprintf(written, sizeof written, "%.*s", (int)len, text);
    if (len >= sizeof written || !address_parse(written, &address))
        return error_set(
            error, "\"%s\" is no network; they are written 10.0.0.0/8 and 2001:db8::/32", text);
    unsigned bits = address.is_ipv4 ? ipv4_bits : ipv6_bits, prefix = bits;
    if (text[len] == '/' && !read_prefix(text + len + 1, bits, &prefix))
        return error_set(
            error, "\"%s\" is no network; behind the slash stands a number up to %u", text, bits);
    memcpy(network->bytes, address.bytes, sizeof network->bytes);
    network->prefix = prefix + (ipv6_bits - bits);
    return clear_rest(network) || complain_of_rest(text, network, address.is_ipv4, prefix, error);
}

bool network_has(const struct network *network, const struct address *address)
{
    size_t whole = network->prefix / 8;

    if (address->is_ipv4 && network->prefix < before_ipv4)
        return false;
    if (memcmp(network->bytes, address->bytes, whole) != 0)
        return false;
    unsigned char mask = (unsigned char)~(0xff >> network->prefix % 8);
    return whole == sizeof network->bytes ||
           ((network->bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

bool networks_have(const struct networks *networks, const struct address *address)
{
    for (size_t i = 0; i < networks->count; i++)
        if (network_has(&networks->items[i], address))
            return true;
    return false;
}

void address_print(const struct address *address, char text[INET6_ADDRSTRLEN])
{
    if (memcmp(address->bytes, before_ipv4_bytes, sizeof before_ipv4_bytes) == 0)
        inet_ntop(AF_INET, address->bytes + sizeof before_ipv4_bytes, text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address->bytes, text, INET6_ADDRSTRLEN);
}

static bool is_word(char byte)
{
    return isalnum((unsigned char)byte) != 0;
}

/* Whether an address may end before `at`: not within a longer word, row of numbers or name. */
static bool may_end(const char *at)
{
    return !is_word(at[0]) && !(at[0] == '.' && is_word(at[1]));
}

/* Whether an address may begin at `at`, likewise. */
static bool may_begin(const char *text, const char *at)
{
    if (at == text)
        return true;
    if (*at == ':')
        return !is_word(at[-1]) && at[-1] != ':';
    return !is_word(at[-1]) && !(at[-1] == '.' && at - 1 > text && is_word(at[-2]));
}

static bool read_span(const char *text, size_t len, struct address *address)
{
    char written[INET6_ADDRSTRLEN];

    if (len == 0 || len >= sizeof written || !may_end(text + len))
        return false;
    snprintf(written, sizeof written, "%.*s", (int)len, text);
    return address_parse(written, address);
}

/* The length of four short numbers with dots between them that begin the text; 0 without them. */
static size_t dotted_span(const char *text)
{
    size_t len = 0;

    for (int number = 0; number < 4; number++) {
        size_t digits = 0;
        if (number > 0 && text[len++] != '.')
            return 0;
        while (digits < 4 && isdigit((unsigned char)text[len + digits]))
            digits++;
        if (digits == 0 || digits == 4)
            return 0;
        len += digits;
    }
    return len;
}

/* The length of what may be an IPv6 address at the text's beginning. Its last part may be dotted; a
 * colon or a full stop behind it may be the sentence's. */
static size_t colon_span(const char *text)
{
    size_t len = 0, part = 0;

    for (; len < INET6_ADDRSTRLEN && (isxdigit((unsigned char)text[len]) || text[len] == ':');
         len++)
        if (text[len] == ':')
            part = len + 1;
    if (part == 0)
        return 0;
    size_t dotted = dotted_span(text + part);
    if (dotted > 0)
        return part + dotted;
    return part == len && len > 2 && text[len - 2] != ':' ? len - 1 : len;
}

/* Reads the address that begins at `at`; returns its length, 0 where none does. */
static size_t read_address(const char *text, const char *at, struct address *address)
{
    bool may_be_ipv6 = at == text || at[-1] != ':';
    size_t len;

    if ((!isxdigit((unsigned char)*at) && *at != ':') || !may_begin(text, at))
        return 0;
    if (may_be_ipv6 && (len = colon_span(at), read_span(at, len, address)))
        return len;
    len = dotted_span(at);
    return read_span(at, len, address) ? len : 0;
}

bool address_find(const char *text, const char **at, struct address *address)
{
    while (**at) {
        size_t len = read_address(text, *at, address);
        *at += len > 0 ? len : 1;
        if (len > 0)
            return true;
    }
    return false;
}
