/* TLS on a connected, non-blocking stream (RFC 5425): 1.2 or newer, the far end's certificate is
 * always verified, and every wait obeys the call's deadline. */
#ifndef SYSLOG_TLS_H
#define SYSLOG_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "sent.h"

struct tls;
struct tocsin_call;

struct tls_settings {
    const char *ca;         /* PEM file that replaces the system's authorities, or NULL */
    const char *cert, *key; /* PEM files of our own certificate, both or neither */
};

/* Reads the files. NULL if TLS can be spoken with them, else why not; the call's. */
const char *tls_fault(struct tocsin_call *call, const struct tls_settings *settings);

/* Shakes hands; the files are read anew, so that renewed ones are taken without a reload. host is
 * the name or address that the certificate must be for. NULL if it failed, with *sent set. The
 * socket stays the caller's. Writes can raise SIGPIPE: the thread must have it blocked. */
struct tls *tls_open(struct tocsin_call *call, const struct tls_settings *settings,
    const char *host, int fd, struct sent *sent);

/* Says goodbye, if there is still someone to say it to. Takes NULL. */
void tls_close(struct tls *tls);

struct sent tls_send(struct tls *tls, struct tocsin_call *call, const char *bytes, size_t len);

/* Whether the far end has closed the session (half of it is enough) or the connection. Drops what
 * it said; tickets and key updates are no data. */
bool tls_is_closed(struct tls *tls);

#endif
