/* The tables follow https://www.iana.org/assignments/iana-ipv4-special-registry/ and its IPv6
 * counterpart. IPv6 space that is not assigned to global unicast (RFC 4291: 2000::/3) is not public
 * either, whatever it will be. */
#include "lane/guard.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/locator.h"

enum {
    ipv4_at = 12, /* in the bytes of an address that stands for one of IPv4 */
    sixto4_at = 2,
    teredo_server_at = 4,
    teredo_client_at = 12,
};

struct special {
    const char *network, *what;
};

static const struct special ipv4_specials[] = {
    {"0.0.0.0/8", "of this host (RFC 1122)"},
    {"10.0.0.0/8", "private (RFC 1918)"},
    {"100.64.0.0/10", "a provider's own (RFC 6598)"},
    {"127.0.0.0/8", "of this host (loopback)"},
    {"169.254.0.0/16", "link-local (RFC 3927)"},
    {"172.16.0.0/12", "private (RFC 1918)"},
    {"192.0.0.0/24", "for protocols (RFC 6890)"},
    {"192.0.2.0/24", "for documentation (RFC 5737)"},
    {"192.88.99.0/24", "of 6to4 relays (RFC 7526)"},
    {"192.168.0.0/16", "private (RFC 1918)"},
    {"198.18.0.0/15", "for benchmarks (RFC 2544)"},
    {"198.51.100.0/24", "for documentation (RFC 5737)"},
    {"203.0.113.0/24", "for documentation (RFC 5737)"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved (RFC 1112)"},
};

static const struct special ipv6_specials[] = {
    {"::", "of this host (unspecified)"},
    {"::1", "of this host (loopback)"},
    {"64:ff9b:1::/48", "a network's own (RFC 8215)"},
    {"fc00::/7", "private (RFC 4193)"},
    {"fe80::/10", "link-local (RFC 4291)"},
    {"fec0::/10", "private (RFC 3879)"},
    {"ff00::/8", "multicast"},
    {"2001::/23", "for protocols (RFC 2928)"},
    {"2001:db8::/32", "for documentation (RFC 3849)"},
    {"3fff::/20", "for documentation (RFC 9637)"},
};

static bool is_in(const char *written, const struct address *address)
{
    struct network network;
    bool is_network = network_parse(written, &network, NULL);

    assert(is_network);
    return is_network && network_has(&network, address);
}

static const char *find_special(
    const struct special *specials, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(specials[i].network, address))
            return specials[i].what;
    return NULL;
}

static struct address ipv4_address(const unsigned char bytes[4], unsigned char mask)
{
    struct address address = {.bytes = {[10] = 0xff, [11] = 0xff}, .is_ipv4 = true};

    for (size_t i = 0; i < 4; i++)
        address.bytes[ipv4_at + i] = (unsigned char)(bytes[i] ^ mask);
    return address;
}

/* The IPv4 addresses that an IPv6 address stands for: NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo
 * (RFC 4380: the client's, with its bits turned over, and the server's). Returns how many. */
static size_t find_embedded(const struct address *address, struct address embedded[2])
{
    const unsigned char *bytes = address->bytes;

    if (is_in("64:ff9b::/96", address)) {
        embedded[0] = ipv4_address(bytes + ipv4_at, 0);
        return 1;
    }
    if (is_in("2002::/16", address)) {
        embedded[0] = ipv4_address(bytes + sixto4_at, 0);
        return 1;
    }
    if (is_in("2001::/32", address)) {
        embedded[0] = ipv4_address(bytes + teredo_client_at, 0xff);
        embedded[1] = ipv4_address(bytes + teredo_server_at, 0);
        return 2;
    }
    return 0;
}

static bool is_allowed(const struct guard *guard, const struct address *address)
{
    for (size_t i = 0; i < guard->count; i++)
        if (network_has(&guard->allowed[i], address))
            return true;
    return false;
}

static const char *ipv4_objection(const struct guard *guard, const struct address *address)
{
    if (is_allowed(guard, address))
        return NULL;
    return find_special(ipv4_specials, sizeof ipv4_specials / sizeof *ipv4_specials, address);
}

static const char *ipv6_objection(const struct address *address)
{
    const char *what =
        find_special(ipv6_specials, sizeof ipv6_specials / sizeof *ipv6_specials, address);

    return what || is_in("2000::/3", address) ? what : "not public (RFC 4291)";
}

const char *guard_objection(const struct guard *guard, const struct address *address)
{
    struct address embedded[2];
    const char *what = NULL;

    if (is_allowed(guard, address))
        return NULL;
    if (is_in("::ffff:0:0/96", address))
        return ipv4_objection(guard, address);
    size_t count = find_embedded(address, embedded);
    for (size_t i = 0; i < count && !what; i++)
        what = ipv4_objection(guard, &embedded[i]);
    return count > 0 ? what : ipv6_objection(address);
}

void sentry_init(struct sentry *sentry, const struct guard *guard)
{
    sentry->guard = guard;
    sentry->has_let_pass = false;
    sentry->refusal[0] = '\0';
}

/* Whether it passes what stands against it, NULL for nothing. */
static bool note(struct sentry *sentry, const char *who, const char *objection)
{
    if (!objection) {
        sentry->has_let_pass = true;
        return true;
    }
    snprintf(sentry->refusal, sizeof sentry->refusal, "%s is %s", who, objection);
    return false;
}

bool sentry_passes(struct sentry *sentry, const char *text)
{
    struct address address;

    if (!sentry->guard)
        return note(sentry, text, NULL);
    bool is_address = address_parse(text, &address);
    return note(sentry, text, is_address ? guard_objection(sentry->guard, &address) : "no address");
}

bool sentry_passes_socket(struct sentry *sentry, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    const void *bytes = NULL;

    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (bytes)
        inet_ntop(address->sa_family, bytes, text, sizeof text);
    return sentry_passes(sentry, text);
}

/* A host as curl gives it: an IPv6 address in brackets, maybe with a zone. */
static bool passes_host(struct sentry *sentry, const char *host)
{
    bool is_bracketed = *host == '[';
    size_t len = is_bracketed ? strcspn(host + 1, "]%") : strlen(host);
    char text[INET6_ADDRSTRLEN] = "";
    struct address address;

    if (len < sizeof text)
        memcpy(text, host + is_bracketed, len);
    if (is_bracketed || address_parse(text, &address))
        return sentry_passes(sentry, text);
    return !host_is_loopback(host, len) || sentry_passes(sentry, "127.0.0.1");
}

bool sentry_passes_url(struct sentry *sentry, const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    bool passes = true; /* what is no URL curl refuses by itself */

    if (sentry->guard && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        passes = passes_host(sentry, host);
    curl_free(host);
    curl_url_cleanup(parts);
    return passes;
}

bool sentry_has_refused(const struct sentry *sentry)
{
    return *sentry->refusal && !sentry->has_let_pass;
}
