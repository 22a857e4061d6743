/* Which addresses a request may reach: public ones, and the networks that it names. What counts is
 * the address that a connection goes to, so that no name can lead elsewhere after it was looked at.
 * Not public are those that IANA's registries of special-purpose addresses (RFC 6890) do not call
 * globally reachable, and multicast; an IPv6 address that stands for an IPv4 one is judged by that.
 */
#ifndef TOCSIN_LANE_GUARD_H
#define TOCSIN_LANE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/network.h"

struct sockaddr;

struct guard {
    const struct network *allowed; /* borrowed */
    size_t count;
};

/* What stands against an address, such as "private (RFC 1918)"; NULL: nothing. */
const char *guard_objection(const struct guard *guard, const struct address *address);

/* A guard at work on one request. */
struct sentry {
    const struct guard *guard; /* borrowed; NULL: all pass */
    bool has_let_pass;
    char refusal[160]; /* "10.0.0.7 is private (RFC 1918)", of the last that did not pass; or "" */
};

/* guard may be NULL. */
void sentry_init(struct sentry *sentry, const struct guard *guard);

/* Whether a connection to the address may be used. */
bool sentry_passes(struct sentry *sentry, const char *address);
bool sentry_passes_socket(struct sentry *sentry, const struct sockaddr *address);

/* The same of the host of a URL that somebody else will look up: a name passes, if it is not
 * localhost. What curl reads as an address (0x7f.1) is one. */
bool sentry_passes_url(struct sentry *sentry, const char *url);

/* Whether nothing passed because the guard was against it. Where an address passed, and did not
 * answer, that is what happened. */
bool sentry_has_refused(const struct sentry *sentry);

#endif
