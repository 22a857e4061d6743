/* Mail addresses as the configuration writes them: "soc@example.org", "SOC <soc@example.org>". */
#ifndef EMAIL_ADDRESS_H
#define EMAIL_ADDRESS_H

#include <stdbool.h>
#include <tocsin/sink.h>

/* Strings are the call's. */
struct address {
    const char *name;   /* "" where there is none; no controls; quotes around it are gone */
    const char *bare;   /* local@domain, ASCII, safe inside <> on an SMTP command line */
    const char *domain; /* the part of bare after the @ */
};

/* Strict on purpose, since libcurl puts an address into the command line as it stands: a dot-atom
 * and a host name (RFC 5321 4.1.2), no quoted local part, no address literal, no UTF-8. On failure
 * *why is a sentence that names the address. */
bool address_parse(
    struct tocsin_call *call, const char *written, struct address *address, const char **why);

#endif
