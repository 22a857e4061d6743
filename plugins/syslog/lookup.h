/* The addresses of a host, within the call's deadline: getaddrinfo() obeys none, and a name server
 * that does not answer would hold the worker for longer than the host waits. */
#ifndef SYSLOG_LOOKUP_H
#define SYSLOG_LOOKUP_H

#include "sent.h"

struct addrinfo;
struct tocsin_call;

/* type: SOCK_STREAM or SOCK_DGRAM. The caller frees the addresses with freeaddrinfo(). */
struct sent lookup(struct tocsin_call *call, const char *host, const char *port, int type,
    struct addrinfo **addresses);

#endif
