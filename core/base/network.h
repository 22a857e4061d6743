/* Networks of IPv4 (RFC 4632) and IPv6 (RFC 4291) addresses, and the addresses that stand in
 * texts. */
#ifndef TOCSIN_BASE_NETWORK_H
#define TOCSIN_BASE_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

/* IPv4 is kept as the IPv6 addresses that stand for it (::ffff:0:0/96). */
struct network {
    unsigned char bytes[16];
    unsigned prefix; /* bits, of 128 */
};

/* "10.0.0.0/8", "2001:db8::/32"; an address alone is the network of that one. False, with the
 * reason, for anything else, and where bits are set behind the prefix: it may have been meant
 * otherwise, and the error names the network that it lies in. */
bool network_parse(const char *text, struct network *network, struct error *error);

struct address {
    unsigned char bytes[16];
    bool is_ipv4; /* written as such */
};

/* An address that is the whole text, without a zone; false for anything else. */
bool address_parse(const char *text, struct address *address);

/* Writes it as people do: IPv6 that stands for IPv4 as IPv4. */
void address_print(const struct address *address, char text[INET6_ADDRSTRLEN]);

/* IPv6 that stands for IPv4 (`::ffff:7.7.7.7`) lies in networks of both. */
bool network_has(const struct network *network, const struct address *address);

struct networks {
    struct network *items; /* owned by who made the list */
    size_t count;
};

/* Whether the address lies in any of them. */
bool networks_have(const struct networks *networks, const struct address *address);

/* Reads the next address from *at on, which points into the text or at its end, and sets *at behind
 * it. False where there is none. It may stand alone or among other words: `7.7.7.7`,
 * `DMZ-01 (7.7.7.7)`, `[2001:db8::1]:443`; digits of a longer word (`1.2.3.4.5`, `v1.2.3.4`) are
 * none. Reading all is linear in the text. */
bool address_find(const char *text, const char **at, struct address *address);

#endif
