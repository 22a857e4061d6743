/* A URL taken apart (RFC 3986): what a configuration must know of one before anything is sent
 * there. */
#ifndef TOCSIN_CONFIG_LOCATOR_H
#define TOCSIN_CONFIG_LOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a text, borrowed from it. */
struct locator_part {
    const char *start;
    size_t len;
};

struct locator {
    struct locator_part scheme; /* "https" */
    struct locator_part user;   /* "user:password", without the @; len 0 when there is none */
    struct locator_part host;   /* an IPv6 address without its brackets */
    struct locator_part port;   /* digits; len 0 when there is none */
    const char *path;           /* the rest: path, query, fragment; "" when there is none */
};

/* Takes an absolute URL apart. Returns what is wrong with it ("it has no scheme"), NULL when
 * nothing is. unix:///path has no host. */
const char *locator_split(const char *text, struct locator *locator);

/* The scheme, whatever its case. */
bool locator_has_scheme(const struct locator *locator, const char *scheme);

/* What is sent there does not leave the machine: localhost, 127.0.0.0/8, ::1. */
bool locator_is_loopback(const struct locator *locator);

/* The same for a host alone. */
bool host_is_loopback(const char *host, size_t len);

/* "8080" to 8080; -1 for what is no port. 0 is a port ("let the system choose"). */
int port_parse(const char *text, size_t len);

#endif
