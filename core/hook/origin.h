/* Where a request came from when proxies stand in between. Each writes behind X-Forwarded-For the
 * address that it was asked from, so the rightmost was written by the proxy that is connected, and
 * what stands left of an address that no trusted proxy has was written by somebody who is not
 * trusted. RFC 7239's Forwarded is not read: hardly a proxy writes it unless told to, and one that
 * does not would pass on whatever a sender wrote there.
 *
 * Pure: no socket is asked. */
#ifndef TOCSIN_HOOK_ORIGIN_H
#define TOCSIN_HOOK_ORIGIN_H

#include <stdbool.h>

struct address;
struct networks;

enum origin {
    ORIGIN_FOUND,   /* the address is not one of a trusted proxy: it asked */
    ORIGIN_TRUSTED, /* all addresses were those of trusted proxies: what stands further left counts
                     */
    ORIGIN_UNKNOWN, /* a trusted proxy wrote what is no address */
};

/* Reads one header's value, from its right end to its left, beginning with the address that is
 * given, and sets it to the leftmost that counts. Elements are 192.0.2.7, 192.0.2.7:4711,
 * 2001:db8::7, [2001:db8::7] or [2001:db8::7]:4711; empty ones are passed over. */
enum origin origin_trace(
    const char *forwarded, const struct networks *trusted, struct address *address);

#endif
